// Multiplications and additions in registers only: what the arithmetic of an adapter can do at most.
struct Params { rounds: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let factor = vec4<f32>(1.0 - 1e-3 * f32(id.x % 7u));
  let more = vec4<f32>(1e-3);
  var a = vec4<f32>(0.1);
  var b = vec4<f32>(0.2);
  var c = vec4<f32>(0.3);
  var d = vec4<f32>(0.4);
  for (var k = 0u; k < p.rounds; k++) {
    a = fma(a, factor, more);
    b = fma(b, factor, more);
    c = fma(c, factor, more);
    d = fma(d, factor, more);
  }
  let all = a + b + c + d;
  sums[id.x] = all.x + all.y + all.z + all.w;
}

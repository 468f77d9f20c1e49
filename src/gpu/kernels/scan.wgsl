// h = a·(h before) + b along time, in work that is linear in the steps. A workgroup takes UNITS units of one example and cuts its
// steps into CHUNKS: each invocation goes through its chunk once and finds what the chunk does to any state (h becomes a·h + b), these
// are scanned in workgroup memory, and each goes through its chunk again from the state that it now knows.
//
// A kernel that scans adds its bindings, `lengths` and `p` (with steps, batch and units) among them, and these functions of a place:
//   fn begin(at: Place) -> Number               the state before the first step
//   fn make(at: Place) -> Term                  a and b at a step, on the first way through
//   fn again(at: Place) -> Term                 the same, on the second
//   fn leave(at: Place, h: Number)              keeps the state
//   fn finish(at: Place, here: bool, me: u32)   afterwards, in all invocations, also those that have no unit
//   fn clear(at: Place, column: u32)            at a step past the example's end
struct Term { a: Number, b: Number }

// A unit of an example at the step that is the nth on the way.
struct Place { unit: u32, example: u32, nth: u32, length: u32 }

// Where a step stands in time: AGAINST goes from the last to the first.
fn moment(nth: u32, length: u32) -> u32 { return select(nth, length - 1u - nth, AGAINST == 1u); }
fn column(at: Place) -> u32 { return moment(at.nth, at.length) * p.batch + at.example; }
fn column_of(at: Place, nth: u32) -> u32 { return moment(nth, at.length) * p.batch + at.example; }

var<workgroup> all_a: array<Number, 256>;
var<workgroup> all_b: array<Number, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let chunk = me / UNITS;
  let here = group.x * UNITS + me % UNITS < p.units;
  var at = Place(group.x * UNITS + me % UNITS, group.y, 0u, select(0u, lengths[group.y], here));
  let size = (at.length + CHUNKS - 1u) / CHUNKS;
  let first = min(chunk * size, at.length);
  let end = min(first + size, at.length);
  var h = NOTHING;
  if (here) { h = begin(at); }
  var a = ONE;
  var b = NOTHING;
  for (at.nth = first; at.nth < end; at.nth++) {
    let term = make(at);
    a = joined(term.a, a);
    b = times(term.a, b) + term.b;
  }
  all_a[me] = a;
  all_b[me] = b;
  workgroupBarrier();
  for (var reach = 1u; reach < CHUNKS; reach *= 2u) {
    if (chunk >= reach) {
      b = times(a, all_b[me - reach * UNITS]) + b;
      a = joined(a, all_a[me - reach * UNITS]);
    }
    workgroupBarrier();
    all_a[me] = a;
    all_b[me] = b;
    workgroupBarrier();
  }
  if (chunk > 0u) { h = times(all_a[me - UNITS], h) + all_b[me - UNITS]; }
  for (at.nth = first; at.nth < end; at.nth++) {
    let term = again(at);
    h = times(term.a, h) + term.b;
    leave(at, h);
  }
  finish(at, here, me);
  if (here) {
    for (var t = at.length + chunk; t < p.steps; t += CHUNKS) { clear(at, t * p.batch + at.example); }
  }
}

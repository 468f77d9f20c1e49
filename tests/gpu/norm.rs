//! Norms and clipping against the CPU's.

use unrolled::gpu::kernels::norm::{clip, zero};
use unrolled::gpu::{ALIGN, Gpu};
use unrolled::train::{Clip, ClipKind, clip as on_cpu};

use crate::gpu_test;
use crate::harness::{SIZES, assert_close, distance, numbers};
use crate::ran::ran;

/// Of the largest number: sums of squares in trees, two roots, one quotient.
const TOLERANCE: f32 = 2e-6;
/// What the gaps between tensors hold, to see that nobody touches them.
const GAP: f32 = 5.0;

async fn compare(gpu: &Gpu, what: &str, tensors: &[Vec<f32>], kind: Clip) {
    let (mut flat, mut places) = (vec![], vec![]);
    for tensor in tensors {
        places.push((flat.len(), tensor.len()));
        flat.extend_from_slice(tensor);
        flat.resize(flat.len().next_multiple_of(ALIGN) + ALIGN, GAP);
    }
    let (gradients, found) = (gpu.buffer_of(&flat).unwrap().all(), gpu.buffer(3).unwrap().all());
    ran(gpu, |r| clip(r, &gradients, &places, kind, &found));
    let read = gpu.read(&[found, gradients]).await.unwrap();
    let mut expected = tensors.to_vec();
    let clipped = on_cpu(&mut expected, kind);
    for (name, found, expected) in
        [("norm", read[0][0], clipped.norm), ("clipped", read[0][1], clipped.clipped), ("coefficient", read[0][2], clipped.coefficient)]
    {
        assert_close(&format!("{what} {kind:?}: {name}"), &[found], &[expected as f32], TOLERANCE);
    }
    for ((from, len), expected) in places.iter().zip(&expected) {
        assert_close(&format!("{what} {kind:?}: gradients"), &read[1][*from..from + len], expected, TOLERANCE);
    }
    let inside = |k: usize| places.iter().any(|(from, len)| (*from..from + len).contains(&k));
    assert!((0..flat.len()).all(|k| inside(k) || read[1][k] == GAP), "{what} {kind:?}: a gap was touched");
}

fn kinds() -> Vec<Clip> {
    let of = |kind| [1e-3, 1.0, 1e6].map(|limit| Clip { kind, limit });
    [ClipKind::None, ClipKind::Norm, ClipKind::Value].into_iter().flat_map(of).collect()
}

gpu_test! {
    async fn clipping_is_the_cpus(gpu) {
        let many: Vec<Vec<f32>> = SIZES.into_iter().chain([4096, 4097, 100_000]).enumerate().map(|(k, n)| numbers(k as u64, n, 100.0)).collect();
        for kind in kinds() {
            compare(gpu, "many", &many, kind).await;
            compare(gpu, "one number", &[vec![-0.25]], kind).await;
            compare(gpu, "zero", &[vec![0.0; 65], vec![0.0]], kind).await;
            compare(gpu, "small", &[numbers(1, 257, 1e-12), numbers(2, 3, 1e-10)], kind).await;
        }
    }
}

gpu_test! {
    async fn what_overflows_or_is_not_finite_is_treated_alike(gpu) {
        let mut infinite = numbers(1, 65, 1.0);
        infinite[64] = f32::NEG_INFINITY;
        let mut nan = numbers(2, 5000, 1.0);
        nan[4999] = f32::NAN;
        for kind in kinds() {
            // One tensor's squares, the squares of all tensors, or neither: the norm is infinite, infinite, 1e19.
            compare(gpu, "overflows", &[numbers(1, 257, 1e20), numbers(2, 3, 1.0)], kind).await;
            compare(gpu, "overflows together", &[vec![1.5e19], vec![1.5e19]], kind).await;
            compare(gpu, "nearly overflows", &[vec![1e19], vec![-1e19]], kind).await;
            compare(gpu, "infinite", &[infinite.clone(), vec![1.0]], kind).await;
            compare(gpu, "NaN", &[vec![1.0, 2.0], nan.clone()], kind).await;
        }
    }
}

gpu_test! {
    async fn zero_is_zero(gpu) {
        for count in [1, 63, 65, 257, 3_000_001] {
            let all = gpu.buffer_of(&vec![f32::NAN; count + ALIGN]).unwrap();
            ran(gpu, |r| zero(r, &all.slice(ALIGN, count)));
            let found = gpu.read(&[all.all()]).await.unwrap().remove(0);
            assert!(found[..ALIGN].iter().all(|x| x.is_nan()), "no more than the slice");
            assert_eq!(distance(&found[ALIGN..], &vec![0.0; count], 1.0), 0.0);
        }
    }
}

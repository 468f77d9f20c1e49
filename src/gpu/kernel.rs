//! A kernel's text: constants that are known when it is compiled, functions that it uses, and its own lines.

/// A parameter of a dispatch: a u32, an i32 or an f32 by its bits.
#[derive(Clone, Copy, Debug)]
pub struct Word(pub u32);

impl From<u32> for Word {
    fn from(x: u32) -> Self {
        Word(x)
    }
}
impl From<usize> for Word {
    fn from(x: usize) -> Self {
        Word(x as u32)
    }
}
impl From<bool> for Word {
    fn from(x: bool) -> Self {
        Word(u32::from(x))
    }
}
impl From<f32> for Word {
    fn from(x: f32) -> Self {
        Word(x.to_bits())
    }
}

/// The text of a kernel, whose entry point is `main`.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    /// `const NAME: u32 = value;` each.
    constants: Vec<(&'static str, u32)>,
    parts: Vec<&'static str>,
}

/// `exp`, `tanh`, … as the CPU engine computes them.
const MATH: &str = include_str!("kernels/math.wgsl");

impl Kernel {
    pub fn new(text: &'static str) -> Self {
        Kernel { constants: vec![], parts: vec![text] }
    }
    /// A constant that the text uses, a u32 (a flag as 0 or 1).
    pub fn with(mut self, name: &'static str, value: impl Into<Word>) -> Self {
        self.constants.push((name, value.into().0));
        self
    }
    /// With the functions of kernels/math.wgsl.
    pub fn math(self) -> Self {
        self.part(MATH)
    }
    /// With another text: functions that the kernel calls.
    pub fn part(mut self, text: &'static str) -> Self {
        self.parts.push(text);
        self
    }
    pub fn source(&self) -> String {
        let constants = self.constants.iter().map(|(name, value)| format!("const {name}: u32 = {value}u;\n"));
        constants.chain(self.parts.iter().map(|part| format!("{part}\n"))).collect()
    }
    pub(super) fn has_params(&self) -> bool {
        self.parts.iter().any(|part| part.contains("@binding(0)"))
    }
}

/// Workgroups of `size` that cover `count`.
pub fn groups(count: usize, size: usize) -> u32 {
    count.div_ceil(size) as u32
}

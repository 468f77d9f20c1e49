//! PyTorch, one thread, in a process of its own (`torch_peer.py`): a line asks, a line answers.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use unrolled_native_peers::{Contestant, Material, Workload};

pub struct Torch {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    version: String,
    folder: PathBuf,
}

impl Torch {
    /// # Errors
    /// Where there is no Python with PyTorch.
    pub fn start() -> Result<Torch, String> {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("torch_peer.py");
        let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("Python cannot be started: {e}"))?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else { return Err("no pipes".into()) };
        let folder = std::env::temp_dir().join(format!("unrolled-torch-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        let mut torch = Torch { child, to, from: BufReader::new(from), version: String::new(), folder };
        torch.version = torch.line().map_err(|_| "Python has no PyTorch")?;
        Ok(torch)
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.from.read_line(&mut line) {
            Ok(n) if n > 0 => Ok(line.trim().into()),
            _ => Err("PyTorch's process has ended".into()),
        }
    }

    fn ask(&mut self, words: &str) -> Result<String, String> {
        writeln!(self.to, "{words}").and_then(|()| self.to.flush()).map_err(|e| e.to_string())?;
        self.line()
    }

    /// Milliseconds for that many updates, by PyTorch's own clock.
    pub fn time(&mut self, runs: usize) -> Result<f64, String> {
        self.ask(&format!("time {runs}"))?.parse().map_err(|e| format!("{e}"))
    }

    fn write(&self, name: &str, values: &[f32]) -> Result<(), String> {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::write(self.folder.join(name), bytes).map_err(|e| format!("{name}: {e}"))
    }
}

impl Contestant for Torch {
    fn name(&self) -> String {
        format!("PyTorch {}", self.version)
    }

    fn prepare(&mut self, w: Workload, material: &Material) -> Result<(), String> {
        for (name, _, values) in &material.weights {
            self.write(name, values)?;
        }
        for (k, (x, y)) in material.batches.iter().enumerate() {
            self.write(&format!("x{k}"), x)?;
            self.write(&format!("y{k}"), y)?;
        }
        let (cell, count) = (w.cell.name(), material.batches.len());
        let sizes = format!("{} {} {} {} {}", w.input, w.hidden, w.layers, w.steps, w.batch);
        let folder = self.folder.display().to_string();
        match self.ask(&format!("prepare {cell} {sizes} {} {} {count} {folder}", w.learning_rate, w.clip))?.as_str() {
            "ready" => Ok(()),
            other => Err(other.into()),
        }
    }

    fn update(&mut self) -> Result<(f64, f64), String> {
        let answer = self.ask("update")?;
        let numbers: Vec<f64> = answer.split(' ').filter_map(|n| n.parse().ok()).collect();
        if let [loss, norm] = numbers[..] { Ok((loss, norm)) } else { Err(answer) }
    }
}

impl Drop for Torch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

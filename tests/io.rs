//! Tables, and files of PyTorch's networks: what is written can be read, whatever its names and types, and nothing else can.

#[path = "io/csv.rs"]
mod csv;
#[path = "io/csv_fuzz.rs"]
mod csv_fuzz;
#[path = "io/damaged.rs"]
mod damaged;
#[path = "io/families.rs"]
mod families;
#[path = "io/file.rs"]
mod file;
#[path = "io/fuzz.rs"]
mod fuzz;
#[path = "io/layouts.rs"]
mod layouts;
#[path = "io/memory.rs"]
mod memory;

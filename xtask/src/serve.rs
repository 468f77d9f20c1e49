//! A small static server for the built page: right types, the page's own Content-Security-Policy as a header, no caching.

use crate::Outcome;
use crate::machine::{dist, peers};
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

const FIRST_PORT: u16 = 8080;
/// How much of a request's head is read.
const MAX_HEAD: u64 = 16 * 1024;

/// Serves `dist/` on 127.0.0.1 until it is stopped. With peers, also what `setup::for_bench` laid out for bench.html.
pub fn serve(port: Option<u16>, with_peers: bool) -> Outcome {
    let listener = listen(port)?;
    let address = address(&listener)?;
    println!("Unrolled is at {address} (Ctrl+C stops it)");
    if with_peers {
        println!("Measurements beside others: {address}bench.html?peers&run=beside");
    }
    answer_all(&listener, with_peers);
    Ok(())
}

/// Serves on a free port as long as the program runs; its address.
pub fn in_background(with_peers: bool) -> Outcome<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| e.to_string())?;
    let address = address(&listener)?;
    thread::spawn(move || answer_all(&listener, with_peers));
    Ok(address)
}

fn address(listener: &TcpListener) -> Outcome<String> {
    listener.local_addr().map(|address| format!("http://{address}/")).map_err(|e| e.to_string())
}

fn answer_all(listener: &TcpListener, with_peers: bool) {
    for stream in listener.incoming() {
        // A browser that goes away in mid-answer is no concern of the server.
        let Ok(stream) = stream else { continue };
        thread::spawn(move || drop(answer(stream, with_peers)));
    }
}

/// The port asked for, or the first free one from 8080 on.
fn listen(port: Option<u16>) -> Outcome<TcpListener> {
    let candidates = match port {
        Some(port) => port..=port,
        None => FIRST_PORT..=FIRST_PORT + 50,
    };
    for port in candidates.clone() {
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Err(error) => return Err(format!("port {port}: {error}")),
        }
    }
    Err(format!("no free port in {}–{}; choose one with --port", candidates.start(), candidates.end()))
}

fn answer(mut stream: TcpStream, with_peers: bool) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut head = BufReader::new(stream.try_clone()?).take(MAX_HEAD);
    let mut request = String::new();
    head.read_line(&mut request)?;
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut words = request.split_whitespace();
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let (status, file, body) = match (method, resolve(target, with_peers)) {
        ("GET" | "HEAD", Some(file)) => match fs::read(&file) {
            Ok(body) => ("200 OK", file, body),
            Err(_) => ("404 Not Found", PathBuf::from("404.txt"), b"not found\n".to_vec()),
        },
        ("GET" | "HEAD", None) => ("400 Bad Request", PathBuf::from("400.txt"), b"bad path\n".to_vec()),
        _ => ("405 Method Not Allowed", PathBuf::from("405.txt"), b"only GET and HEAD\n".to_vec()),
    };
    let policy = policy().map(|p| format!("Content-Security-Policy: {p}\r\n")).unwrap_or_default();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{policy}X-Content-Type-Options: nosniff\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        content_type(&file),
        body.len(),
    )?;
    if method == "GET" {
        stream.write_all(&body)?;
    }
    stream.flush()
}

/// The file a request's target names inside `dist/` (or, where they are served, among the peers), or `None` if it points outside.
fn resolve(target: &str, with_peers: bool) -> Option<PathBuf> {
    let path = decode(target.split(['?', '#']).next()?)?;
    let (mut file, path) = match path.strip_prefix("/peers/") {
        Some(rest) if with_peers => (peers().join("served"), rest),
        _ => (dist(), path.strip_prefix('/')?),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part if part.contains(['\\', ':', '\0']) => return None,
            part => file.push(part),
        }
    }
    Some(if file.is_dir() { file.join("index.html") } else { file })
}

/// Resolves `%41` and the like.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        plain.push(if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(plain).ok()
}

/// The policy that index.html states, so that it is written down once.
fn policy() -> Option<String> {
    let page = fs::read_to_string(dist().join("index.html")).ok()?;
    let rest = page.split("http-equiv=\"Content-Security-Policy\"").nth(1)?;
    let value = rest.split("content=\"").nth(1)?.split('"').next()?;
    Some(value.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|e| e.to_str()).unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "csv" => "text/csv; charset=utf-8",
        "tsv" => "text/tab-separated-values; charset=utf-8",
        "txt" | "md" | "ts" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_stay_inside_dist() {
        assert_eq!(resolve("/a%20b/c.js?x=/../y", false), Some(dist().join("a b").join("c.js")));
        assert_eq!(resolve("/peers/ort.js", true), Some(peers().join("served").join("ort.js")));
        assert_eq!(resolve("/peers/ort.js", false), Some(dist().join("peers").join("ort.js")));
        for outside in [
            "/../Cargo.toml",
            "/peers/../x",
            "/a/%2e%2e/%2e%2e/Cargo.toml",
            "/..%2fCargo.toml",
            "/c:/x",
            "/a\\..\\b",
            "x",
            "",
            "/%zz",
            "/%f",
        ] {
            assert_eq!(resolve(outside, true), None, "{outside}");
        }
    }

    #[test]
    fn modules_and_wasm_have_the_types_browsers_insist_on() {
        assert!(content_type(Path::new("unrolled.js")).starts_with("text/javascript"));
        assert_eq!(content_type(Path::new("unrolled_bg.wasm")), "application/wasm");
    }
}

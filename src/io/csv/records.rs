//! From bytes to text, and from text to the cells of one record after the other (RFC 4180, and what programs write instead).

use std::borrow::Cow;

use super::{MAX_BYTES, MAX_COLUMNS, line_error};
use crate::error::{Code, Error, Result};

/// The longest record, in bytes.
const MAX_RECORD: usize = 1 << 20;
const DELIMITERS: [u8; 4] = [b';', b'\t', b',', b'|'];
/// Records that decide what separates cells.
const SAMPLE: usize = 50;

/// The text of a file and the name of its encoding: what is no UTF-8 is read as Latin-1.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, &'static str)> {
    let wrong = |message: String| Err(Error::new(Code::Format, message));
    if bytes.len() > MAX_BYTES {
        return wrong(format!("the file has {} bytes; expected at most {MAX_BYTES}", bytes.len()));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\x1f\x8b") {
        return wrong("expected a text file, found an archive; unpack it, or export the sheet as CSV".into());
    }
    let wide = |of: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| of([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    let (text, encoding): (Cow<'_, str>, _) = if bytes.starts_with(&[0xff, 0xfe]) {
        (wide(u16::from_le_bytes).into(), "UTF-16")
    } else if bytes.starts_with(&[0xfe, 0xff]) {
        (wide(u16::from_be_bytes).into(), "UTF-16")
    } else {
        match std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) {
            Ok(text) => (text.into(), "UTF-8"),
            Err(_) => (bytes.iter().map(|b| char::from(*b)).collect::<String>().into(), "Latin-1"),
        }
    };
    if let Some(at) = text.bytes().position(|b| b == 0) {
        let line = 1 + text.bytes().take(at).filter(|b| *b == b'\n').count();
        return Err(line_error(line, "expected text, found a NUL character; this is no CSV file"));
    }
    Ok((text, encoding))
}

/// What separates the cells, and how many there are in most records.
pub struct Shape {
    pub delimiter: Option<u8>,
    pub columns: usize,
}

/// Finds out the separator: the one by which most of the first records have the same number of cells, more than one.
pub fn shape(text: &str) -> Result<Shape> {
    let mut best = Shape { delimiter: None, columns: 1 };
    let mut agreed = 0;
    for delimiter in DELIMITERS {
        let (columns, records) = common(text, delimiter)?;
        if columns > 1 && records > agreed && !(delimiter == b',' && is_one_of_decimals(text)?) {
            (best, agreed) = (Shape { delimiter: Some(delimiter), columns }, records);
        }
    }
    if best.columns > MAX_COLUMNS {
        let message = format!("the table has {} columns; expected at most {MAX_COLUMNS}", best.columns);
        return Err(Error::new(Code::Format, message));
    }
    Ok(best)
}

/// The most common number of cells, and how many of the first records have it.
fn common(text: &str, delimiter: u8) -> Result<(usize, usize)> {
    let mut records = Records::new(text, Some(delimiter));
    let mut cells = vec![];
    // (cells, records with so many, those of them whose last cell is empty)
    let mut counts: Vec<(usize, usize, usize)> = vec![];
    for _ in 0..SAMPLE {
        if records.next(&mut cells)?.is_none() {
            break;
        }
        let closed = usize::from(cells.last().is_some_and(|cell| cell.trim().is_empty()));
        match counts.iter_mut().find(|(columns, ..)| *columns == cells.len()) {
            Some((_, count, all)) => (*count, *all) = (*count + 1, *all + closed),
            None => counts.push((cells.len(), 1, closed)),
        }
    }
    let most = counts.iter().fold((0, 0, 0), |best, found| if found.1 > best.1 { *found } else { best });
    // Where every row closes with a separator, no column stands after it.
    let closed = most.0 > 1 && most.1 == most.2;
    Ok((most.0 - usize::from(closed), most.1))
}

/// Whether what commas separate are the whole and the decimals of one column's numbers: a name without one, then digits on both sides.
fn is_one_of_decimals(text: &str) -> Result<bool> {
    let mut records = Records::new(text, Some(b','));
    let mut cells = vec![];
    for k in 0..SAMPLE {
        if records.next(&mut cells)?.is_none() {
            break;
        }
        let digits = |cell: &Cow<'_, str>| cell.trim().strip_prefix('-').unwrap_or(cell.trim()).bytes().all(|b| b.is_ascii_digit());
        let fits = if k == 0 { cells.len() == 1 } else { cells.len() <= 2 && cells.iter().all(digits) };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Cells up to the last that is not empty.
pub fn filled(cells: &[Cow<'_, str>]) -> usize {
    cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1)
}

pub struct Records<'a> {
    text: &'a str,
    at: usize,
    /// The line that the next record begins in, from 1.
    line: usize,
    delimiter: Option<u8>,
}

impl<'a> Records<'a> {
    pub fn new(text: &'a str, delimiter: Option<u8>) -> Self {
        let mut records = Self { text, at: 0, line: 1, delimiter };
        // What a spreadsheet writes for itself.
        if text.starts_with("sep=") {
            records.skip_line();
        }
        records
    }

    fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |n| n + 1);
        self.line += 1;
    }

    /// The next record that is not empty, its cells in `cells`: the line it begins in, or `None` at the end.
    ///
    /// # Errors
    /// `format` for a quotation mark that is never closed and a record that is too long, with the line.
    pub fn next(&mut self, cells: &mut Vec<Cow<'a, str>>) -> Result<Option<usize>> {
        loop {
            cells.clear();
            if self.at >= self.text.len() {
                return Ok(None);
            }
            let (line, start) = (self.line, self.at);
            loop {
                let more = self.cell(cells, line)?;
                if self.at - start > MAX_RECORD {
                    return Err(line_error(line, &format!("expected a row of at most {MAX_RECORD} bytes; is this a CSV file?")));
                }
                if !more {
                    break;
                }
            }
            if filled(cells) > 0 {
                return Ok(Some(line));
            }
        }
    }

    /// Reads one cell and what follows it. True where another one of the same record comes.
    fn cell(&mut self, cells: &mut Vec<Cow<'a, str>>, line: usize) -> Result<bool> {
        let bytes = self.text.as_bytes();
        let delimiter = self.delimiter;
        let ends = |b: u8| b == b'\n' || b == b'\r' || Some(b) == delimiter;
        let mut at = self.at;
        while at < bytes.len() && bytes[at] == b' ' {
            at += 1;
        }
        if bytes.get(at) == Some(&b'"') {
            let text = self.quoted(at + 1, line)?;
            cells.push(text);
            // What stands between the closing mark and the separator belongs to nothing.
            at = self.at;
            while at < bytes.len() && !ends(bytes[at]) {
                at += 1;
            }
        } else {
            let start = self.at;
            while at < bytes.len() && !ends(bytes[at]) {
                at += 1;
                if at - start > MAX_RECORD {
                    return Err(line_error(line, &format!("expected a row of at most {MAX_RECORD} bytes; is this a CSV file?")));
                }
            }
            cells.push(self.text[start..at].into());
        }
        let end = bytes.get(at).copied();
        self.at = at + 1;
        if end.is_some() && end == delimiter {
            return Ok(true);
        }
        self.line += 1;
        if end == Some(b'\r') && bytes.get(self.at) == Some(&b'\n') {
            self.at += 1;
        }
        Ok(false)
    }

    /// The text between quotation marks, of which the first stands before `start`; two of them are one. Leaves `at` after the last.
    fn quoted(&mut self, start: usize, line: usize) -> Result<Cow<'a, str>> {
        let bytes = self.text.as_bytes();
        let (mut at, mut doubled) = (start, false);
        loop {
            match bytes.get(at) {
                Some(b'"') if bytes.get(at + 1) == Some(&b'"') => {
                    doubled = true;
                    at += 2;
                }
                Some(b'"') => break,
                Some(b) if at - start <= MAX_RECORD => {
                    self.line += usize::from(*b == b'\n');
                    at += 1;
                }
                _ => return Err(line_error(line, "expected the quotation mark that begins a cell to be closed")),
            }
        }
        let text = &self.text[start..at];
        self.at = at + 1;
        Ok(if doubled { text.replace("\"\"", "\"").into() } else { text.into() })
    }
}

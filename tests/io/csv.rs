//! Tables as people have them: every spelling is read as what was meant, and what is left out is said.

use unrolled::error::Code;
use unrolled::io::csv::{self, Grid, Kind, Order, Reason, Table};

use crate::memory::measured;

fn table(text: &str) -> Table {
    csv::read(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn message(bytes: &[u8]) -> String {
    let error = csv::read(bytes).map(|_| ()).expect_err("no table");
    assert_eq!(error.code, Code::Format);
    error.message
}

fn kinds(table: &Table) -> Vec<Kind> {
    table.columns.iter().map(|c| c.kind).collect()
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|c| c.name.as_str()).collect()
}

fn skipped(table: &Table) -> Vec<(Reason, usize, usize)> {
    table.report.skipped.iter().map(|s| (s.reason, s.count, s.line)).collect()
}

fn grid(text: &str) -> Grid {
    table(text).on_grid(None).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// The columns of a grid with NaN as −1, which no test measures.
fn plain(grid: &Grid) -> Vec<Vec<f32>> {
    grid.columns.iter().map(|c| c.iter().map(|x| if x.is_nan() { -1.0 } else { *x }).collect()).collect()
}

#[test]
fn the_same_table_in_many_spellings() {
    let spellings: [&[u8]; 10] = [
        b"time,temp,name\n2013-01-31T06:00Z,3.5,a\n2013-01-31T07:00Z,,b\n2013-01-31T08:00Z,-0.25,c\n",
        b"\xef\xbb\xbftime,temp,name\r\n2013-01-31T06:00Z,3.5,a\r\n2013-01-31T07:00Z,NA,b\r\n2013-01-31T08:00Z,-0.25,c",
        b"time;temp;name\n31.01.2013 06:00;3,5;a\n31.01.2013 07:00;-;b\n31.01.2013 08:00;-0,25;c\n",
        b"time\ttemp\tname\n2013/1/31 6:00\t3.5\ta\n2013/1/31 7:00\tNaN\tb\n2013/1/31 8:00\t-0.25\tc\n",
        b"time|temp|name\r2013013106|3.5|a\r2013013107||b\r2013013108|-0.25|c\r",
        b"\"time\",\"temp\",\"name\"\n\"2013-01-31 06:00\",\"3.5\",\"a, \"\"b\"\"\nc\"\n\"2013-01-31 07:00\",\"\",\"b\"\n\"2013-01-31 08:00\",\"-0.25\",\"c\"\n",
        b"sep=;\ntime;temp;name\n2013-01-31 06:00;3.5;a;\n2013-01-31 07:00;;b;\n\n2013-01-31 08:00;-0.25;c;\n",
        b"time, temp, name\n01/31/2013 6:00 AM, 3.5, a\n01/31/2013 7:00 AM, null, b\n01/31/2013 8:00 AM, -.25, c\n",
        b"# a comment\nA station's readings\ntime,temp,name\n2013-01-31T07:00+01:00,3.5,a\n# another\n2013-01-31T08:00+01:00,,b\n2013-01-31T09:00+01:00,-0.25,c\n",
        b"\xff\xfet\0i\0m\0e\0\t\0t\0e\0m\0p\0\t\0n\0a\0m\0e\0\n\x002\x000\x001\x003\x00-\x000\x001\x00-\x003\x001\x00 \x000\x006\0:\x000\x000\0\t\x003\0.\x005\0\t\0a\0\n\x002\x000\x001\x003\x00-\x000\x001\x00-\x003\x001\x00 \x000\x007\0:\x000\x000\0\t\0\t\0b\0\n\x002\x000\x001\x003\x00-\x000\x001\x00-\x003\x001\x00 \x000\x008\0:\x000\x000\0\t\0-\x000\0.\x002\x005\0\t\0c\0\n\0",
    ];
    for bytes in spellings {
        let what = String::from_utf8_lossy(bytes).to_string();
        let table = csv::read(bytes).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(kinds(&table), [Kind::Time, Kind::Number, Kind::Text], "{what}");
        assert_eq!((names(&table), table.rows), (vec!["time", "temp", "name"], 3), "{what}");
        let seconds: Vec<i64> = table.columns[0].seconds.iter().map(|s| s.expect("a time")).collect();
        assert_eq!(seconds, [1_359_612_000, 1_359_615_600, 1_359_619_200], "{what}");
        let temp = &table.columns[1];
        assert_eq!((temp.numbers[0], temp.numbers[2], temp.missing), (3.5, -0.25, 1), "{what}");
        assert!(temp.numbers[1].is_nan());
        assert!(table.report.skipped.iter().all(|s| matches!(s.reason, Reason::Comment | Reason::Preamble)), "{what}");
    }
}

#[test]
fn latin_1_is_read_and_named() {
    let table = csv::read(b"Zeit;Temperatur \xb0C\n1.1.2013;5\n2.1.2013;6\n").expect("a table");
    assert_eq!((table.report.encoding, table.columns[1].name.as_str()), ("Latin-1", "Temperatur °C"));
}

#[test]
fn decimals_are_found_out_by_what_only_one_of_them_allows() {
    let first = |text: &str| {
        let table = table(text);
        (table.report.decimal, table.columns[1].numbers[0])
    };
    assert_eq!(first("a;b\n1;1.234,5\n2;2,5\n"), (',', 1234.5));
    assert_eq!(first("a;b\n1;1.234\n2;2.5\n"), ('.', 1.234));
    assert_eq!(first("a,b\n1,\"1,234.5\"\n2,7.5\n"), ('.', 1234.5));
    // Ambiguous by itself; the other column decides.
    assert_eq!(first("a;b\n1,25;1.234\n2,5;1.100\n"), (',', 1234.0));
}

#[test]
fn whether_days_or_months_come_first_may_be_seen_far_down() {
    let mut text = String::from("day,x\n");
    for day in 1..=12 {
        for _ in 0..100 {
            text += &format!("01/{day:02}/2013,1\n");
        }
    }
    let undecided = table(&text);
    assert_eq!(undecided.report.order, Some(Order::DayFirst), "as most of the world writes");
    text += "01/13/2013,1\n";
    let decided = table(&text);
    assert_eq!(decided.report.order, Some(Order::MonthFirst));
    assert_eq!(decided.columns[0].seconds[100].map(|s| s % (31 * 86_400)), Some((15_707 * 86_400) % (31 * 86_400)));
    assert_eq!(decided.columns[0].missing, 0);
}

#[test]
fn what_is_left_out_is_counted_with_its_first_line() {
    let table = table(
        "time,x,y\n2013-01-01,1,2\n2013-01-02,1\n2013-01-03,oops,2\nyesterday,4,5\n2013-01-05,1,2,3\n\n2013-01-06,1e309,2\n# end\n2013-01-07,1,2\n2013-01-08,1,2\n2013-01-09,1,2\n2013-01-10,1,2\n2013-01-11,1,2\n2013-01-12,1,2\n2013-01-13,1,2\n2013-01-14,1,2\n2013-01-15,1,2\n2013-01-16,1,2\n2013-01-17,1,2\n2013-01-18,1,2\n2013-01-19,1,2\n2013-01-20,1,2\n",
    );
    assert_eq!(skipped(&table), [(Reason::Cells, 2, 3), (Reason::Number, 2, 4), (Reason::Time, 1, 5), (Reason::Comment, 1, 9)]);
    assert_eq!(table.rows, 18);
    assert_eq!((table.columns[0].missing, table.columns[1].missing, table.columns[2].missing), (1, 2, 0));
}

#[test]
fn tables_without_a_header_and_names_that_repeat() {
    let bare = table("2013-01-01,1\n2013-01-02,2\n");
    assert_eq!((names(&bare), bare.rows, bare.report.header), (vec!["column 1", "column 2"], 2, false));
    assert_eq!(names(&table("x,x, ,x\n1,2,3,4\n")), ["x", "x\u{2032}", "column 3", "x\u{2032}\u{2032}"]);
    let single = table("temp\n3,5\n4,5\n");
    assert_eq!((names(&single), single.report.delimiter, single.columns[0].numbers[1]), (vec!["temp"], None, 4.5));
}

#[test]
fn rows_are_put_in_order_averaged_and_spaced_out() {
    let text =
        "t,x\n2013-01-01 02:00,3\n2013-01-01 00:00,1\n2013-01-01 01:00,2\n2013-01-01 01:00,4\n2013-01-01 05:00,6\n2013-01-01 06:00,\n,9\n";
    let found = grid(text);
    assert_eq!(plain(&found), [[1.0, 3.0, 3.0, -1.0, -1.0, 6.0, -1.0]]);
    let report = &found.report;
    assert_eq!((report.step, report.timeless, report.unordered, report.duplicates), (3600, 1, 1, 1));
    assert_eq!((report.gaps, report.missing_rows, report.longest_gap, report.moved), (1, 2, 2, 0));
    assert_eq!((report.time.as_str(), report.last - report.first), ("t", 6 * 3600));
}

#[test]
fn times_between_two_steps_move_to_the_nearer_one() {
    let found = grid(
        "t,x\n2013-01-01 00:00,1\n2013-01-01 01:02,2\n2013-01-01 02:00,3\n2013-01-01 03:00,4\n2013-01-01 03:50,5\n2013-01-01 05:00,6\n2013-01-01 06:00,7\n",
    );
    assert_eq!(plain(&found), [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]]);
    assert_eq!((found.report.moved, found.report.step), (2, 3600));
}

#[test]
fn an_hour_twice_in_autumn_and_none_in_spring_are_a_mean_and_a_gap() {
    let found = grid("t,x\n2013-10-27 01:00,1\n2013-10-27 02:00,2\n2013-10-27 02:00,4\n2013-10-27 03:00,5\n2013-10-27 05:00,7\n");
    assert_eq!(plain(&found), [[1.0, 3.0, 5.0, -1.0, 7.0]]);
}

#[test]
fn days_and_times_of_day_in_two_columns_belong_together() {
    let found = grid("Date;Time;CO\n10/03/2004;18.00.00;2,6\n10/03/2004;19.00.00;2\n10/03/2004;20.00.00;2,2\n");
    assert_eq!((plain(&found), found.report.time.as_str()), (vec![vec![2.6, 2.0, 2.2]], "Date + Time"));
    assert_eq!(found.report.step, 3600);
}

#[test]
fn months_follow_each_other_and_no_times_leave_the_rows() {
    let months = grid("month,x\n2013-01-01,1\n2013-02-01,2\n2013-03-01,3\n2013-05-01,4\n");
    assert_eq!((plain(&months), months.report.step), (vec![vec![1.0, 2.0, 3.0, 4.0]], 0));
    let rows = grid("x,y\n1,2\n3,4\n");
    assert_eq!((plain(&rows), rows.report.time.as_str()), (vec![vec![1.0, 3.0], vec![2.0, 4.0]], ""));
    let unused = table("t,x\n2013-01-02,1\n2013-01-01,2\n").on_grid(Some("")).expect("a grid");
    assert_eq!(plain(&unused), [[1.0, 2.0]]);
    let error = table("t,x\n2013-01-02,1\n").on_grid(Some("x")).map(|_| ()).expect_err("no times");
    assert!(error.code == Code::UnknownName && error.message.contains("“t”"), "{error}");
}

#[test]
fn one_wrong_year_does_not_make_a_huge_table() {
    let mut text = String::from("t,x\n1800-01-01 00:00,1\n");
    for second in 0..50 {
        text += &format!("2013-01-01 00:00:{second:02},1\n");
    }
    let error = table(&text).on_grid(None).map(|_| ()).expect_err("too long");
    assert!(error.message.contains("is one of them wrong?"), "{error}");
}

#[test]
fn hostile_files_are_refused_with_a_line() {
    assert!(message(b"").contains("at least one row"));
    assert!(message(b"a,b\n").contains("at least one row"));
    assert!(message(b"a,b\n1,\"2\n3,4\n").contains("line 2: expected the quotation mark"));
    assert!(message(b"a,b\n1,2\n3,\0\n").contains("line 3: expected text, found a NUL"));
    let long = [b"a,b\n1,".to_vec(), vec![b'x'; 3 << 20]].concat();
    assert!(message(&long).contains("line 2: expected a row of at most"));
    let many = [b"a,b\n".to_vec(), b"1,".repeat(700_000)].concat();
    assert!(message(&many).contains("line 2: expected a row of at most"));
    assert!(message(&[",".repeat(600), "\n".into(), ",1".repeat(600)].concat().into_bytes()).contains("columns; expected at most 500"));
    assert!(message(b"PK\x03\x04rest").contains("archive"));
    assert!(message(&vec![b'1'; csv::MAX_BYTES + 1]).contains("bytes; expected at most"));
}

/// An hour a row in six columns, as a logger writes them.
fn large(rows: usize) -> String {
    let mut text = String::from("Zeit;Temp;Feuchte;Wind;Druck;Ort\r\n");
    for k in 0..rows {
        let (day, hour) = (k / 24, k % 24);
        let (year, month, day) = (2001 + day / 336, 1 + day / 28 % 12, 1 + day % 28);
        text +=
            &format!("{day:02}.{month:02}.{year} {hour:02}:00;{},{};{};;1013,{};Ort {}\r\n", k % 40, k % 10, 30 + k % 70, k % 10, k % 3);
    }
    text
}

#[test]
fn a_hundred_thousand_rows_take_little_time_and_memory() {
    let text = large(100_000);
    let start = std::time::Instant::now();
    let (found, used) = measured(|| csv::read(text.as_bytes()).and_then(|table| table.on_grid(None)));
    let found = found.expect("a table");
    println!("{} bytes in {:?}, {used:?}", text.len(), start.elapsed());
    assert_eq!((found.columns.len(), found.report.step), (4, 3600));
    assert!(found.rows >= 100_000 && found.report.missing_rows == found.rows - 100_000);
    assert!(used.peak < 6 * text.len(), "{used:?} for {} bytes", text.len());
    // Ten times what it takes here with optimisation on and both processors busy.
    assert!(start.elapsed().as_secs() < 5);
}

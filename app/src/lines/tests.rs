//! What a full disk, a stopped reader and a closed one cost those who say something: nothing.

use super::*;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

const PATIENCE: Duration = Duration::from_secs(60);

fn text(line: &str) -> Vec<u8> {
    line.as_bytes().to_vec()
}

#[test]
fn lines_are_written_in_their_order() {
    let (mut here, there) = UnixStream::pair().unwrap();
    let lines = Lines::start(there).unwrap();
    for number in 0..100 {
        lines.push(text(&format!("{number}\n")), Rank::Chatter);
    }
    assert!(lines.flush(PATIENCE));
    let mut read = vec![0; 290];
    here.read_exact(&mut read).unwrap();
    let read = String::from_utf8(read).unwrap();
    assert!(
        read.lines()
            .map(|line| line.parse::<u32>().unwrap())
            .eq(0..100)
    );
    assert_eq!(lines.report(), Report::default());
}

#[test]
fn whoever_says_something_waits_for_no_reader() {
    let (mut here, there) = UnixStream::pair().unwrap();
    let lines = Lines::start(there).unwrap();
    let long = vec![b'x'; 64 << 10];
    for _ in 0..100 {
        lines.push(long.clone(), Rank::Chatter);
    }
    let report = lines.report();
    let trouble = report.trouble.unwrap();
    assert_eq!(report.alarms, 1);
    assert!(trouble.starts_with("failing since "), "{trouble}");
    assert!(trouble.contains("nobody reads"), "{trouble}");
    // What matters still has room, and a flush does not wait for ever.
    lines.push(text("important"), Rank::Important);
    assert!(!lines.flush(Duration::from_millis(1)));
    let mut read = Vec::new();
    while !read.ends_with(b"important") {
        let mut some = [0; 4096];
        let much = here.read(&mut some).unwrap();
        read.extend_from_slice(&some[..much]);
    }
    assert!(lines.flush(PATIENCE));
    let trouble = lines.report().trouble.unwrap();
    assert!(trouble.starts_with("works, but "), "{trouble}");
}

#[test]
fn a_full_disk_is_an_alarm_and_no_panic() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let lines = Lines::start(full.unwrap()).unwrap();
    for _ in 0..3 {
        lines.push(text("a line\n"), Rank::Chatter);
    }
    assert!(lines.flush(PATIENCE));
    let report = lines.report();
    let trouble = report.trouble.unwrap();
    assert_eq!(report.alarms, 1);
    assert!(trouble.contains("No space left on device"), "{trouble}");
    assert!(trouble.contains("(3 lines lost)"), "{trouble}");
}

#[test]
fn a_descriptor_that_does_not_block_is_waited_for() {
    let (mut here, mut there) = UnixStream::pair().unwrap();
    there.set_nonblocking(true).unwrap();
    while there.write(&[b'-'; 4096]).is_ok() {}
    let lines = Lines::start(there).unwrap();
    lines.push(text("after it\n"), Rank::Chatter);
    let mut read = Vec::new();
    while !read.ends_with(b"after it\n") {
        let mut some = [0; 4096];
        let much = here.read(&mut some).unwrap();
        read.extend_from_slice(&some[..much]);
    }
    assert!(lines.flush(PATIENCE));
    assert_eq!(lines.report(), Report::default());
}

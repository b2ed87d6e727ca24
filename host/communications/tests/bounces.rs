//! A table of mails that came back: what each of them says.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fmt::Write as _;
use std::path::Path;

use communications::bounces::{Incoming, Kind, read};

const OUR_ID: &str = "0123456789abcdef0123456789abcdef";

fn shown(incoming: &Incoming) -> String {
    let kind = match incoming.kind {
        Kind::Report(report) => report.name(),
        Kind::Automatic => "automatic",
    };
    let quoted = match incoming.message_id.as_deref() {
        Some(OUR_ID) => "quoted",
        Some(other) => other,
        None => "-",
    };
    let (code, recipient) = (incoming.code.as_deref(), incoming.recipient.as_deref());
    format!("{kind} {} {} {quoted}", code.unwrap_or("-"), recipient.unwrap_or("-"))
}

#[test]
fn every_sample_says_what_the_table_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bounces");
    let table = std::fs::read_to_string(folder.join("table.txt")).unwrap();
    let mut wrong = String::new();
    let mut count = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (file, wanted) = line.split_once(' ').unwrap();
        let wanted = wanted.split_whitespace().collect::<Vec<_>>().join(" ");
        let mail = std::fs::read(folder.join(file)).unwrap();
        let found = read(&mail).unwrap();
        let shown = found.iter().map(shown).collect::<Vec<_>>().join("; ");
        if shown != wanted {
            writeln!(wrong, "{file}: {wanted} was {shown} {:?}", found.first().map(|first| &first.reason))
                .unwrap();
        }
        count += 1;
    }
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, count + 1, "every file stands in the table");
    assert!(count >= 60 && wrong.is_empty(), "of {count}:\n{wrong}");
}

#[test]
fn a_report_of_several_recipients_tells_each() {
    let mail = "From: MAILER-DAEMON@mx.example.org\r\nContent-Type: multipart/report; \
        report-type=delivery-status; boundary=B\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\n\
        Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; A@Example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
        Final-Recipient: rfc822; b@example.org\r\nAction: delayed\r\nStatus: 4.2.2\r\n\r\n--B--\r\n";
    let found = read(mail.as_bytes()).unwrap();
    let shown: Vec<String> = found.iter().map(shown).collect();
    assert_eq!(shown, ["hard_bounced 5.1.1 a@example.org -", "delayed 4.2.2 b@example.org -"]);
}

#[test]
fn a_fault_of_the_sender_says_nothing_of_the_mailbox() {
    for words in [
        "550 Sender address rejected: Domain not found",
        "550 Helo command rejected: Host not found",
        "550 Client host rejected: cannot find your reverse hostname",
        "550 Authentication required, address rejected",
    ] {
        let mail = format!(
            "From: MAILER-DAEMON@mx.example.org\r\nContent-Type: multipart/report; \
             report-type=delivery-status; boundary=B\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; a@example.org\r\nAction: failed\r\n\
             Status: 5.0.0\r\nDiagnostic-Code: smtp; {words}\r\n\r\n--B--\r\n"
        );
        let found = read(mail.as_bytes()).unwrap();
        let shown: Vec<String> = found.iter().map(shown).collect();
        assert_eq!(shown, ["rejected 5.0.0 a@example.org -"], "{words}");
    }
}

#[test]
fn anything_is_read_without_harm() {
    assert_eq!(read(b""), None);
    for mail in
        ["\r\n", "hello", "Content-Type: multipart/report; report-type=delivery-status\r\n\r\nnothing"]
    {
        let _ = read(mail.as_bytes());
    }
    let long = format!("Subject: x\r\n\r\n{}", "a: b\r\n".repeat(100_000));
    assert_eq!(read(long.as_bytes()).unwrap().len(), 1);
}

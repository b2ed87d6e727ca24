//! `offer-host chain` as its users run it.

#[cfg(test)]
mod cases {
    use std::path::PathBuf;
    use std::process::{Command, Output};

    use serde_json::{Value, json};

    fn file(name: &str, text: &str) -> PathBuf {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chain-{name}"));
        std::fs::write(&path, text).expect("a temporary file");
        path
    }

    fn chain(arguments: &[&str], path: &PathBuf, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_offer-host"))
            .arg("chain")
            .args(arguments)
            .arg(path)
            .args(more)
            .output()
            .expect("offer-host starts")
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn document() -> Value {
        json!({
            "triggers": [{ "event": "cart_abandoned" }],
            "reentry": "after_exit",
            "control": { "percent": "20", "salt": "cart" },
            "start": "pause",
            "nodes": {
                "pause": { "type": "wait", "for": "1h", "next": "remind" },
                "remind": { "type": "message", "template": "cart", "channel": "email", "next": "read" },
                "read": { "type": "wait", "until_event": { "event": "message_clicked", "message": "remind" },
                          "at_most": "2d", "next": "gift", "otherwise": "end" },
                "gift": { "type": "points", "points": "10", "reason": "Clicked", "expires_after": "30d", "next": "end" },
                "end": { "type": "exit" }
            }
        })
    }

    #[test]
    fn problems_are_told_with_places_and_advice() {
        let good = chain(&["check"], &file("good.json", &document().to_string()), &[]);
        assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
        assert!(text(&good.stdout).contains("5 nodes, no problem"), "{}", text(&good.stdout));
        let mut bad = document();
        bad["nodes"]["gift"]["next"] = json!("nowhere");
        bad["nodes"]["pause"]["for"] = json!("soon");
        let refused = chain(&["check"], &file("bad.json", &bad.to_string()), &[]);
        assert_eq!(refused.status.code(), Some(2));
        let told = text(&refused.stderr);
        for part in [
            "/nodes/gift/next: leads to `nowhere`",
            "/nodes/pause/for: must be a whole number and a unit",
            "add such a node",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let missing = chain(&["check"], &PathBuf::from("no-such-file.json"), &[]);
        assert_eq!(missing.status.code(), Some(1));
    }

    #[test]
    fn a_simulation_shows_bounds_and_who_would_have_bought_anyway() {
        let event = |member: usize, kind: &str, at: &str| {
            let id = format!("{kind}-{member}");
            json!({"id": id, "source": "shop", "member": {"id": format!("m-{member}")}, "kind": kind, "at": at, "payload": {}})
                .to_string()
        };
        let mut rows =
            vec![json!({"member": {"id": "m-0"}, "zone": "Asia/Vladivostok", "attributes": {}}).to_string()];
        for member in 0..100 {
            rows.push(event(member, "cart_abandoned", "2026-03-01T10:00:00Z"));
        }
        for member in 0..30 {
            rows.push(event(member, "purchase", "2026-03-03T10:00:00Z"));
        }
        let events = file("events.ndjson", &rows.join("\n"));
        let path = events.to_string_lossy().into_owned();
        let range = [
            "--from",
            "2026-03-01",
            "--to",
            "2026-03-31",
            "--events",
            path.as_str(),
            "--quiet",
            "20:00-09:00",
        ];
        let simulated = chain(&["simulate"], &file("cart.json", &document().to_string()), &range);
        assert_eq!(simulated.status.code(), Some(0), "{}", text(&simulated.stderr));
        let report = text(&simulated.stdout);
        let row = |name: &str| {
            let line = report.lines().find(|line| line.trim_start().starts_with(name));
            let line = line.unwrap_or_else(|| panic!("{name}: {report}"));
            line.split_whitespace().rev().take(2).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(row("entries"), ["100", "100"]);
        assert_eq!(row("events of active"), ["0", "0"]);
        let ghosts: u32 = row("ghosts of the control group")[0].parse().expect("a number");
        assert!((8..35).contains(&ghosts), "{ghosts}");
        assert_eq!(row("messages"), [(100 - ghosts).to_string(), (100 - ghosts).to_string()]);
        // Nobody's click is known: nobody gets points, or everybody who got a message.
        assert_eq!(row("points given"), [((100 - ghosts) * 10).to_string(), "0".to_owned()]);
        // The one member whose clock shows 21:00 in Vladivostok.
        let held: u32 = row("held by quiet hours")[0].parse().expect("a number");
        assert!(held <= 1, "{report}");
        for part in [
            "bounds and no forecast",
            "30 of 100 members (30.00 %)",
            "smallest uplift that the control group of 20 % can show",
            "2026-03-01T11:00:00Z",
        ] {
            assert!(report.contains(part), "{part}: {report}");
        }
        let again = chain(&["simulate"], &file("cart.json", &document().to_string()), &range);
        assert_eq!(again.stdout, simulated.stdout, "the same bytes");
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let events =
            file("broken.ndjson", "{\"member\":{\"id\":\"m\"},\"kind\":\"x\",\"at\":\"yesterday\"}\n");
        let path = events.to_string_lossy().into_owned();
        let range = ["--from", "2026-03-01", "--to", "2026-03-31", "--events", path.as_str()];
        let refused = chain(&["simulate"], &file("line.json", &document().to_string()), &range);
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains("line 1: at: must be a time"), "{}", text(&refused.stderr));
    }
}

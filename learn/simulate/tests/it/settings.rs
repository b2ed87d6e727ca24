//! Settings out of range are refused in words.

use simulate::{Arm, Chain, MOST_MEMBERS, MOST_WEEKS, Settings, Shift};

fn refused(settings: Settings) -> String {
    Chain::new(settings).expect_err("these settings should be refused").to_string()
}

#[test]
fn limits_have_messages() {
    let settings = Settings::default;
    let levels = |percents: &[u32]| {
        let arm = |percent: &u32| Arm {
            percent: *percent,
            share: 1_000_000 / u32::try_from(percents.len()).unwrap(),
        };
        percents.iter().map(arm).collect::<Vec<_>>()
    };
    for (settings, words) in [
        (Settings { members: 0, ..settings() }, "0 members: a chain has from 1 to 10000000"),
        (Settings { members: MOST_MEMBERS + 1, ..settings() }, "10000001 members"),
        (Settings { weeks: 0, ..settings() }, "0 weeks: a simulation has from 1 to 104"),
        (Settings { weeks: MOST_WEEKS + 1, ..settings() }, "105 weeks"),
        (
            Settings { members: MOST_MEMBERS, weeks: 11, ..settings() },
            "are 110000000 rows, and at most 100000000",
        ),
        (Settings { arms: levels(&[0]), ..settings() }, "1 arms: an experiment has from 2 to 8"),
        (Settings { arms: levels(&[0, 5, 10, 15, 20, 25, 30, 35, 40]), ..settings() }, "9 arms"),
        (Settings { arms: levels(&[5, 10]), ..settings() }, "the first arm is the control"),
        (Settings { arms: levels(&[0, 7]), ..settings() }, "arm 1 gets 7 %: levels are multiples of 5"),
        (Settings { arms: levels(&[0, 10, 5, 15]), ..settings() }, "arm 2 gets 5 %"),
        (Settings { arms: levels(&[0, 55]), ..settings() }, "arm 1 gets 55 %"),
        (Settings { arms: levels(&[0, 5, 10]), ..settings() }, "add up to 999999"),
        (
            Settings { first_day: 83, ..settings() },
            "week 1 begins on 1970-03-25, and may begin from 1970-03-26",
        ),
        (Settings { first_day: u32::MAX, ..settings() }, "to 2100-01-01"),
        (Settings { hidden: 1_000_001, ..settings() }, "1000001 millionths"),
        (
            Settings { shift: Some(Shift { week: 5 }), ..settings() },
            "effects shift in week 5, and there are weeks 1 to 4",
        ),
    ] {
        let message = refused(settings);
        assert!(message.contains(words), "{message}");
    }
    Chain::new(Settings { members: MOST_MEMBERS, weeks: 10, ..settings() })
        .expect("the largest chain is made at once");
}

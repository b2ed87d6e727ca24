//! The worked example of a recommender, `tests/recommender`, against a real host.

use std::path::PathBuf;
use std::process::{Command, Output};

use domain::offer::ControlGroup;
use domain::quantities::Percent;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::workspace;

use crate::shop::{Answer, Database, Shop, path};

const MISSING: &str =
    "python3 must be on the path; install Debian's package python3, or Python 3.9 or newer from elsewhere";
/// Days from today on which members bought something, before the first run.
const WEEKS: [i64; 4] = [-26, -19, -12, -5];
const SALT: &str = "january";

fn python(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new("python3")
        .current_dir(workspace::root().join("tests/recommender"))
        .arg("-B")
        .args(arguments)
        .env_remove("OFFER_HOST_KEY")
        .env("NO_PROXY", "*")
        .envs(environment.iter().copied())
        .output()
        .expect(MISSING)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The first of some members who is, or is not, in the control group.
fn member(is_control: bool, after: u32) -> String {
    let group = ControlGroup { percent: Percent(5_000), salt: SALT.to_owned() };
    let ids = (after..after + 100).map(|number| format!("r-{number}"));
    ids.into_iter().find(|id| group.contains(id) == is_control).expect("half of them")
}

/// A host with purchases of three members, and the state of the recommender.
struct Stand {
    shop: Shop,
    folder: TempDir,
    /// Answers of members are as of now, and what is over is not shown: no day of the past will do.
    today: Date,
    /// Buys coffee every week.
    coffee: String,
    /// Bought milk and cheese, and brought the milk back.
    cheese: String,
    /// Buys coffee every week too, and is in the control group.
    control: String,
}

impl Stand {
    fn new() -> Self {
        let shop = Shop::empty(Database::Sqlite, &[]);
        shop.stock();
        let (coffee, cheese, control) = (member(false, 0), member(false, 1_000), member(true, 0));
        let row = |id: &String| json!({"id": id, "identifiers": [{"kind": "card", "value": id}]}).to_string();
        let rows = [&coffee, &cheese, &control].map(row).join("\n");
        shop.import("/v1/members/imports", &rows).accepted();
        shop.put("/v1/attributes/for-you", r#"{"type":"json"}"#).accepted();
        let control_group = json!({"percent": "50", "salt": SALT});
        let offer = json!({"mechanic": "ml", "attribute": "for-you", "control_group": control_group});
        shop.run_offer("for-you", &offer);
        let (folder, today) =
            (TempDir::new().expect("a folder"), Timestamp::now().to_zoned(TimeZone::UTC).date());
        let stand = Self { shop, folder, today, coffee, cheese, control };
        for day in WEEKS {
            stand.buy(&stand.coffee, day, &["G1"]);
            stand.buy(&stand.control, day, &["G1"]);
            stand.buy(&stand.cheese, day, &["G4"]);
            stand.give_back(&stand.cheese, day);
        }
        stand.buy(&stand.cheese, -4, &["G2"]);
        stand
    }

    fn price(&self, member: &str, day: i64, goods: &[&str]) -> Value {
        let line = |(position, goods): (u32, &&str)| {
            let (quantity, price, amount) = match *goods {
                "G1" => ("1", "349.90", "349.90"),
                "G2" => ("0.478", "947.00", "452.67"),
                _ => ("3", "89.99", "269.97"),
            };
            json!({"position": position, "goods_id": goods, "quantity": quantity, "price": price, "amount": amount})
        };
        let receipt = json!({
            "at": format!("{}T10:15:00+03:00", self.day(day)), "pos": "store-77/till-3",
            "member": {"kind": "card", "value": member},
            "lines": (1..).zip(goods).map(line).collect::<Vec<_>>(),
        });
        let call = path(&purchase(member, day), "calculate");
        let headers = [("Content-Type", "application/json")];
        self.shop.call(("POST", &call), "pos", &headers, &receipt.to_string()).accepted()
    }

    fn buy(&self, member: &str, day: i64, goods: &[&str]) -> Value {
        self.price(member, day, goods);
        let id = purchase(member, day);
        self.shop.post(&path(&id, "confirm"), &format!("{id}-confirm"), "").accepted()
    }

    fn give_back(&self, member: &str, day: i64) {
        let id = purchase(member, day);
        let lines = json!({"lines": [{"position": 1, "quantity": "3"}]}).to_string();
        self.shop.post(&path(&id, "returns"), &format!("{id}-back"), &lines).accepted();
        let confirm = path(&id, &format!("returns/{id}-r1/confirm"));
        self.shop.post(&confirm, &format!("{id}-back-confirm"), "").accepted();
    }

    fn day(&self, number: i64) -> String {
        self.today.checked_add(number.days()).expect("a day").to_string()
    }

    /// One run of the recommender.
    fn recommend(&self, day: i64, more: &[&str]) -> Output {
        self.recommend_as(self.shop.integration_key(), day, more)
    }

    fn recommend_as(&self, key: &str, day: i64, more: &[&str]) -> Output {
        let (address, state) = (self.shop.address(), self.state_file());
        let catalog = workspace::root().join("xtask/demo/catalog.ndjson");
        let (state, catalog) = (state.to_str().expect("text"), catalog.to_str().expect("text"));
        let fixed = ["recommend.py", "--host", &address, "--state", state, "--attribute", "for-you"];
        let date = self.day(day);
        let chosen = ["--date", &date, "--catalog", catalog, "--items", "3"];
        python(&[&fixed[..], &chosen, more].concat(), &[("OFFER_HOST_KEY", key)])
    }

    /// The output of a run, which must succeed.
    #[track_caller]
    fn recommended(&self, day: i64, more: &[&str]) -> String {
        let output = self.recommend(day, more);
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    fn state_file(&self) -> PathBuf {
        self.folder.path().join("state.json")
    }

    fn cursor(&self) -> String {
        let state = std::fs::read_to_string(self.state_file()).expect("the state");
        let state: Value = serde_json::from_str(&state).expect("JSON");
        state["cursor"].as_str().expect("a cursor").to_owned()
    }

    fn feed(&self, since: &str) -> Vec<Value> {
        let feed = self.shop.as_integration("GET", &format!("/v1/results/export{since}"), "").text;
        feed.lines().map(|row| serde_json::from_str(row).expect("a row")).collect()
    }

    fn items(&self, member: &str) -> Vec<Value> {
        let list = self.shop.as_integration("GET", &format!("/v1/members/{member}/offers"), "").accepted();
        list["items"].as_array().expect("items").clone()
    }

    fn answer(&self, member: &str, item: &Value, answer: &str) -> Answer {
        let id = item["item_id"].as_str().expect("an id");
        self.shop.as_integration("POST", &format!("/v1/members/{member}/offers/{id}/{answer}"), "")
    }
}

fn purchase(member: &str, day: i64) -> String {
    format!("{member}.{day}")
}

/// Target and value of each item.
fn aims(items: &[Value]) -> Value {
    let fields = |item: &Value| json!([item["target"], item["method"], item["value"], item["reward"]]);
    items.iter().map(fields).collect()
}

#[test]
fn the_model_does_what_its_tests_say() {
    let output = python(&["-m", "unittest"], &[]);
    let said = text(&output.stderr);
    assert!(output.status.success() && said.contains("\nOK"), "{said}");
    assert!(!said.contains("Ran 0 tests"), "{said}");
}

#[test]
fn what_is_recommended_is_what_the_next_receipt_pays() {
    let stand = Stand::new();
    let known = stand.feed("").len();
    let said = stand.recommended(0, &[]);
    assert!(said.contains(&format!("read {known} events")), "{said}");
    assert!(said.contains("3 applied, 0 unchanged, 0 refused"), "{said}");
    assert_eq!(stand.items(&stand.control), Vec::<Value>::new(), "nobody promises what is not given");
    let items = stand.items(&stand.coffee);
    assert_eq!(
        aims(&items),
        json!([
            ["G1", "percent", "10", "discount"],
            ["CHEESE", "percent", "5", "points"],
            [null, "amount", "21", "discount"],
        ]),
        "a fifth above 349.90, in tens, is 420"
    );
    let midnight = |day: i64| json!(format!("{}T00:00:00+03:00", stand.day(day)));
    assert_eq!((&items[0]["start"], &items[0]["end"]), (&midnight(0), &midnight(14)));
    assert_eq!(aims(&stand.items(&stand.cheese))[0][0], "G2", "the milk came back");

    let paid = stand.buy(&stand.coffee, 1, &["G1"]);
    assert_eq!(paid["totals"]["discount"], "34.99", "10 % of 349.90");
    let paid = stand.buy(&stand.coffee, 2, &["G1", "G2"]);
    let lines = |field: &str| [&paid["lines"][0][field], &paid["lines"][1][field]];
    assert_eq!(lines("discount"), ["34.99", "21.00"], "the product first, the receipt on what is left");
    assert_eq!(lines("points_earned"), ["0.00", "21.58"], "5 % of the 431.67 that the cheese costs now");
    let nothing = stand.buy(&stand.control, 1, &["G1"]);
    assert_eq!(nothing["totals"]["discount"], "0.00");
    let news = stand.feed(&format!("?since={}", stand.cursor()));
    let told = |event: &str| -> Vec<Value> {
        let of = news.iter().filter(|row| row["event"] == event);
        of.map(|row| json!([row["member_id"], row["discount"]])).collect()
    };
    assert_eq!(told("would_have_fired"), [json!([stand.control, "34.99"])]);
    assert_eq!(told("fired"), [json!([stand.coffee, "34.99"]), json!([stand.coffee, "55.99"])]);

    // The next day goes on where this one ended; sent twice it is the same import.
    let second = stand.recommended(3, &[]);
    assert!(second.contains(&format!("read {} events", news.len())), "{second}");
    assert!(second.contains("3 applied"), "{second}");
    let last = stand.feed("").last().expect("rows")["cursor"].clone();
    assert_eq!(stand.cursor(), last);
    let again = stand.recommended(3, &[]);
    assert!(again.contains("read 0 events"), "{again}");
    assert_eq!(again.lines().last(), second.lines().last());
}

#[test]
fn what_a_member_answered_outlives_the_next_run() {
    let stand = Stand::new();
    stand.recommended(0, &["--require-accept"]);
    let priced = stand.price(&stand.coffee, 1, &["G1"]);
    assert_eq!(priced["totals"]["discount"], "0.00", "not accepted yet");
    let items = stand.items(&stand.coffee);
    stand.answer(&stand.coffee, &items[0], "accept").accepted();
    stand.answer(&stand.coffee, &items[1], "decline").accepted();
    let priced = stand.buy(&stand.coffee, 1, &["G1"]);
    assert_eq!(priced["totals"]["discount"], "34.99");

    stand.recommended(7, &["--require-accept"]);
    let later = stand.items(&stand.coffee);
    assert_eq!(later[0]["item_id"], items[0]["item_id"], "{later:?}");
    assert_eq!(
        (&later[0]["accepted"], &later[0]["start"]),
        (&json!(true), &json!(format!("{}T00:00:00+03:00", stand.day(7))))
    );
    assert!(later.iter().all(|item| item["target"] != items[1]["target"]), "it was declined: {later:?}");
    let priced = stand.buy(&stand.coffee, 8, &["G1"]);
    assert_eq!(priced["totals"]["discount"], "34.99");
}

#[test]
fn a_dry_run_prints_the_rows_and_leaves_no_trace() {
    let stand = Stand::new();
    let rows = stand.recommended(0, &["--dry-run"]);
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).expect("a row")).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!((&rows[0]["identifier_kind"], &rows[0]["attribute"]), (&json!("member"), &json!("for-you")));
    assert_eq!(stand.items(&stand.coffee), Vec::<Value>::new());
    assert!(!stand.state_file().exists());
}

/// Fails, and says why in one sentence.
#[track_caller]
fn assert_fails(output: &Output, status: i32, why: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(why) && said.lines().count() == 1, "{said}");
}

#[test]
fn what_goes_wrong_is_said_in_a_sentence() {
    let stand = Stand::new();
    let day = 0;
    assert_fails(&stand.recommend_as("wrong", day, &[]), 1, "was refused: 401 key_unknown");
    assert_fails(&stand.recommend_as("", day, &[]), 1, "OFFER_HOST_KEY is not set");
    assert_fails(&stand.recommend(day, &["--attribute", "nosuch"]), 1, "PUT /v1/attributes/nosuch");
    assert_fails(&stand.recommend(day, &["--catalog", "README.md"]), 1, "is not a file of catalogue rows");
    assert!(!stand.state_file().exists(), "nothing was begun");

    // Members that are gone are refused, each with its row; the others get their offers.
    let row = json!({"id": stand.coffee, "identifiers": [{"kind": "card", "value": stand.coffee}]});
    stand.shop.import("/v1/members/imports?mode=full", &row.to_string()).accepted();
    let output = stand.recommend(day, &[]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}{}", text(&output.stderr));
    assert!(said.contains("1 applied, 0 unchanged, 2 refused"), "{said}");
    for gone in [&stand.cheese, &stand.control] {
        assert!(said.contains(&format!("(member {gone}): error at ")), "{said}");
    }
    assert_eq!(stand.items(&stand.coffee).len(), 3);

    assert_fails(&stand.recommend(-1, &[]), 1, "is before the last upload");
    stand.shop.kill();
    assert_fails(&stand.recommend(1, &[]), 1, "does not answer");
}

//! The chain on a host: a small one of this test's own, which answers as the real one does.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use simulate::drive::{Host, Pace, load, week};
use simulate::{Chain, Settings, host};

/// A call that the host got: method and path, and body.
type Call = (String, String);

/// A host with goods in two-digit money. It gives the member of a number so many percent off favourite goods.
struct Fake {
    chain: Chain,
    percent: fn(u32) -> u32,
    calls: Mutex<Vec<Call>>,
    /// Calls that are still to be answered 503.
    busy: Mutex<u32>,
    confirmed: Mutex<BTreeMap<String, i64>>,
}

fn chain() -> Chain {
    Chain::new(Settings { members: 300, weeks: 2, seed: 9, ..Settings::default() }).unwrap()
}

/// Serves until the test is over; the address of the host.
fn serve(percent: fn(u32) -> u32, busy: u32) -> (Arc<Fake>, String) {
    let fake = Arc::new(Fake {
        chain: chain(),
        percent,
        calls: Mutex::default(),
        busy: Mutex::new(busy),
        confirmed: Mutex::default(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = Arc::clone(&fake);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let fake = Arc::clone(&serving);
            thread::spawn(move || fake.connection(stream));
        }
    });
    (fake, address)
}

impl Fake {
    /// Answers one request after the other until the connection is closed.
    fn connection(&self, stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let mut answer = stream;
        loop {
            let mut first = String::new();
            if lines.read_line(&mut first).unwrap_or(0) == 0 {
                return;
            }
            let (mut length, mut authorized) = (0, false);
            loop {
                let mut line = String::new();
                lines.read_line(&mut line).unwrap();
                let line = line.trim().to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                authorized |= line == "authorization: bearer key";
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            lines.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            let call = first.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            let (status, text) = if authorized {
                self.answer(&call, &body)
            } else {
                (403, json!({"code": "forbidden", "detail": "no"}).to_string())
            };
            let head =
                format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nRetry-After: 0\r\n\r\n", text.len());
            if answer.write_all((head + &text).as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, call: &str, body: &str) -> (u16, String) {
        let mut busy = self.busy.lock().unwrap();
        if *busy > 0 {
            *busy -= 1;
            return (503, json!({"code": "busy", "detail": "later"}).to_string());
        }
        drop(busy);
        self.calls.lock().unwrap().push((call.to_owned(), body.to_owned()));
        let value: Value = serde_json::from_str(body).unwrap_or_default();
        let (method, path) = call.split_once(' ').unwrap();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method, parts.as_slice()) {
            ("POST", ["v1", "members", "imports"]) => {
                let rows = body.lines().count();
                (202, json!({"id": format!("i{rows}"), "state": "running", "rows": 0}).to_string())
            }
            ("GET", ["v1", "members", "imports", id]) => {
                let rows: u32 = id[1..].parse().unwrap();
                (200, json!({"id": id, "state": "done", "rows": rows}).to_string())
            }
            ("POST", ["v1", "prices"]) => {
                let price = cents(&value["products"][0]["price"]);
                let off = price * i64::from((self.percent)(number(&value))) / 100;
                (200, json!({"products": [{"discount": host::money(off)}]}).to_string())
            }
            ("POST", ["v1", "purchases", id, "calculate"]) => self.calculate(id, &value),
            ("POST", ["v1", "purchases", id, "confirm"]) => {
                self.confirmed.lock().unwrap().insert((*id).to_owned(), 0);
                (200, "{}".to_owned())
            }
            _ => (200, "{}".to_owned()),
        }
    }

    fn calculate(&self, id: &str, receipt: &Value) -> (u16, String) {
        if self.confirmed.lock().unwrap().contains_key(id) {
            return (409, json!({"code": "purchase_confirmed", "detail": "it is"}).to_string());
        }
        let member = number(receipt);
        let favourite = self.chain.member(member).favourite_category();
        let (mut amount, mut discount) = (0, 0);
        for line in receipt["lines"].as_array().unwrap() {
            let sum = cents(&line["amount"]);
            amount += sum;
            if favourite.products.iter().any(|product| line["goods_id"] == product.code) {
                discount += sum * i64::from((self.percent)(member)) / 100;
            }
        }
        let totals = json!({"amount": host::money(amount), "discount": host::money(discount)});
        (200, json!({"totals": totals}).to_string())
    }

    fn count(&self, end: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|(call, _)| call.ends_with(end)).count()
    }
}

fn cents(value: &Value) -> i64 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// The member of a request.
fn number(value: &Value) -> u32 {
    value["member"]["value"].as_str().unwrap()[2..].parse().unwrap()
}

/// Every fifth member gets nothing, others 5, 10 or 15 %.
fn levels(member: u32) -> u32 {
    [0, 5, 10, 15, 15][usize::try_from(member % 5).unwrap()]
}

#[test]
fn a_week_is_what_members_buy_at_the_levels_of_the_host() {
    let (fake, address) = serve(levels, 0);
    let chain = chain();
    let at = Host::new(&format!("{address}/"), " key\n").unwrap();
    let progress = Mutex::new(0);
    let step = |done: u64, all: u64| {
        assert!(done <= all);
        *progress.lock().unwrap() = done;
    };
    let sent = week(&chain, &at, 1, &Pace { tills: 3, per_second: None }, &step).unwrap();
    let arm_of = |member| chain.arm_of(levels(member)).unwrap();
    let receipts = host::receipts(&chain, 1, arm_of);
    assert_eq!(usize::try_from(sent.receipts).unwrap(), receipts.len());
    let outcomes: Vec<_> = (0..300).map(|member| chain.outcome(member, 1, arm_of(member))).collect();
    assert_eq!(sent.amount, outcomes.iter().map(|outcome| outcome.amount).sum::<i64>());
    assert_eq!(sent.discount, outcomes.iter().map(|outcome| outcome.discount).sum::<i64>());
    assert!(sent.discounted > 20 && sent.asked > 20 && sent.asked < 250, "{sent:?}");
    assert!(*progress.lock().unwrap() >= sent.receipts);
    let bodies: BTreeMap<String, Value> = fake
        .calls
        .lock()
        .unwrap()
        .iter()
        .filter(|(call, _)| call.ends_with("/calculate"))
        .map(|(call, body)| (call.clone(), serde_json::from_str(body).unwrap()))
        .collect();
    for receipt in &receipts {
        let body = &bodies[&format!("POST /v1/purchases/{}/calculate", receipt.purchase_id())];
        let mut expected = receipt.body(&chain);
        expected.as_object_mut().unwrap().remove("purchase_id");
        assert_eq!(*body, expected);
    }
    // The same week again: nothing is sold twice.
    let again = week(&chain, &at, 1, &Pace::default(), &|_, _| ()).unwrap();
    assert_eq!((again.receipts, again.repeated, again.amount), (0, sent.receipts, 0));
    assert_eq!(fake.count("/confirm"), receipts.len());
}

#[test]
fn the_chain_is_imported_in_the_order_that_the_host_needs() {
    let (fake, address) = serve(levels, 2);
    let at = Host::new(&address, "key").unwrap();
    load(&chain(), &at, &|done, all| assert!(done <= all)).unwrap();
    let calls: Vec<String> = fake.calls.lock().unwrap().iter().map(|(call, _)| call.clone()).collect();
    let place = |wanted: &str| calls.iter().position(|call| call == wanted).expect(wanted);
    let attribute = place("PUT /v1/attributes/your-level");
    let (goods, members) = (place("POST /v1/catalog/imports"), place("POST /v1/members/imports"));
    let (offer, run) = (place("PUT /v1/offers/your-level"), place("POST /v1/offers/your-level/run"));
    assert!(attribute < members && goods < members && members < offer && offer < run, "{calls:?}");
    let (_, rows) = fake.calls.lock().unwrap()[members].clone();
    assert_eq!(rows.lines().count(), 300);
}

#[test]
fn what_goes_wrong_is_said() {
    let (_, address) = serve(|_| 7, 0);
    let chain = chain();
    let at = Host::new(&address, "key").unwrap();
    let send =
        |at: &Host, number, pace: Pace| week(&chain, at, number, &pace, &|_, _| ()).unwrap_err().to_string();
    let usual = Pace::default;
    let message = send(&at, 1, usual());
    assert!(message.contains("the levels of the chain are 0 %, 5 %, 10 %, 15 %"), "{message}");
    let stranger = Host::new(&address, "other").unwrap();
    let message = send(&stranger, 1, usual());
    assert!(message.contains("403 forbidden: no. Importing needs a key of role integration"), "{message}");
    for (number, pace, words) in [
        (0, usual(), "there is no week 0: the chain has weeks 1 to 2"),
        (3, usual(), "there is no week 3"),
        (1, Pace { tills: 0, ..usual() }, "0 tills: from 1 to 64"),
        (1, Pace { tills: 65, ..usual() }, "65 tills"),
        (1, Pace { per_second: Some(0), ..usual() }, "at least 1"),
    ] {
        let message = send(&at, number, pace);
        assert!(message.contains(words), "{message}");
    }
    for (address, key, words) in [
        ("localhost:8080", "key", "\"localhost:8080\" is no address of a host"),
        ("http://", "key", "is no address"),
        ("http://host", "a\nb", "one line"),
    ] {
        let message = Host::new(address, key).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
}

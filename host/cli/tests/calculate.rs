//! `offer-host calculate` as its users run it.

#[cfg(test)]
mod cases {
    use std::io::Write as _;
    use std::path::PathBuf;
    use std::process::{Command, Output, Stdio};

    use serde_json::{Value, json};

    #[test]
    fn rows_are_answered_in_their_order_and_a_bad_one_costs_only_itself() {
        let good = |id: usize| receipt(&format!("p-{id}"), "699.80").to_string();
        let mut rows: Vec<_> = (1..=700).map(good).collect();
        rows[1] = receipt("p-2", "699,80").to_string();
        rows[2] = "not JSON".to_owned();
        let output = calculate(&plan_file("rows.json", &plan().to_string()), &[], &rows.join("\n"));
        let answers = answers(&output);
        assert_eq!(answers.len(), 700);
        assert_eq!(output.status.code(), Some(1));
        for (answer, number) in answers.iter().zip(1_usize..) {
            match number {
                2 => {
                    assert_eq!(refusal(answer), (json!(2), json!("/lines/0/amount"), json!("not_a_decimal")))
                }
                3 => assert_eq!(refusal(answer), (json!(3), json!(""), json!("not_json"))),
                _ => {
                    assert_eq!(answer["purchase_id"], json!(format!("p-{number}")));
                    assert_eq!(answer["totals"]["discount"], json!("104.97"), "row {number}");
                }
            }
        }
        let summary = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(summary.contains("700 receipts in") && summary.contains("2 refused"), "{summary}");
    }

    #[test]
    fn two_runs_give_the_same_bytes() {
        let plan = plan_file("same.json", &plan().to_string());
        let rows = (1..=50).map(|id| receipt(&format!("p-{id}"), "699.80").to_string()).collect::<Vec<_>>();
        let run = || calculate(&plan, &[], &rows.join("\n")).stdout;
        assert_eq!(run(), run());
    }

    #[test]
    fn one_receipt_may_be_a_file_or_span_lines() {
        let plan = plan_file("one.json", &plan().to_string());
        let pretty = serde_json::to_string_pretty(&receipt("p-1", "699.80")).expect("JSON");
        let file = file("receipt.json", &pretty);
        let from_file = calculate(&plan, &[&file.to_string_lossy()], "");
        for output in [&from_file, &calculate(&plan, &["-"], &pretty), &calculate(&plan, &[], &pretty)] {
            assert_eq!(output.status.code(), Some(0));
            assert_eq!(output.stdout, from_file.stdout);
            let answers = answers(output);
            assert_eq!(answers.len(), 1);
            assert_eq!(answers[0]["lines"][0]["offers"][0]["offer"], json!("coffee-15"));
            assert_eq!(answers[0]["mechanics"][0]["outcome"], json!("ok"));
        }
    }

    #[test]
    fn a_plan_may_be_toml() {
        let toml = r#"
            [currency]
            code = "RUB"
            exponent = 2
            [[catalog.products]]
            goods_code = "G1"
            [[offers]]
            external_id = "coffee-15"
            mechanic = "product"
            params = { items = [{ target = "G1", value = "15" }] }
        "#;
        let output = calculate(&plan_file("plan.toml", toml), &[], &receipt("p-1", "699.80").to_string());
        assert_eq!(answers(&output)[0]["totals"]["discount"], json!("104.97"));
    }

    #[test]
    fn a_plan_with_problems_is_refused_with_all_of_them() {
        let mut plan = plan();
        plan["mechanics"] = json!([{"name": "mine", "path": "no-such.wasm"}]);
        plan["offers"][0]["params"]["items"][0]["value"] = json!("15%");
        plan["catalog"]["products"][0]["category"] = json!("NOSUCH");
        let receipt = receipt("p-1", "699.80").to_string();
        let output = calculate(&plan_file("bad.json", &plan.to_string()), &[], &receipt);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        for place in ["/mechanics/0/path", "/offers/0/params/items/0/value", "/catalog/products/0/category"] {
            assert!(told.contains(place), "{place} in {told}");
        }
    }

    #[test]
    fn warnings_about_the_plan_are_told_and_may_be_errors() {
        let mut plan = plan();
        let offers = (0..120).map(|number| {
            let mut offer = plan["offers"][0].clone();
            offer["external_id"] = json!(format!("o-{number}"));
            offer["filters"] = json!({"hours": {"to": "23:59"}});
            offer
        });
        plan["offers"] = offers.collect();
        let file = plan_file("warnings.json", &plan.to_string());
        let receipt = receipt("p-1", "699.80").to_string();
        let output = calculate(&file, &[], &receipt);
        assert_eq!(output.status.code(), Some(0));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let warnings = told.lines().filter(|line| line.starts_with("warning: ")).count();
        assert_eq!(warnings, 101, "a hundred, and the number of the others: {told}");
        assert!(told.contains("warning: and 20 more"), "{told}");
        let output = calculate(&file, &["--strict"], &receipt);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("120 warnings") && told.contains("no receipt was priced"), "{told}");
    }

    fn plan() -> Value {
        json!({
            "currency": {"code": "RUB", "exponent": 2},
            "catalog": {"products": [{"goods_code": "G1"}]},
            "offers": [{
                "external_id": "coffee-15", "mechanic": "product",
                "params": {"items": [{"target": "G1", "value": "15"}]},
            }],
        })
    }

    fn receipt(purchase_id: &str, amount: &str) -> Value {
        json!({
            "purchase_id": purchase_id, "at": "2026-11-22T10:15:00+03:00",
            "lines": [{"position": 1, "goods_id": "G1", "quantity": "2", "price": "349.90", "amount": amount}],
        })
    }

    fn calculate(plan: &PathBuf, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_offer-host"))
            .env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"))
            .args(["calculate", "--plan"])
            .arg(plan)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("offer-host starts");
        let mut stdin = child.stdin.take().expect("piped");
        let input = input.to_owned();
        // A refused plan ends the process before it reads.
        let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().expect("offer-host ends");
        writer.join().expect("the writer ends");
        output
    }

    fn answers(output: &Output) -> Vec<Value> {
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().map(|line| serde_json::from_str(line).expect("an answer is JSON")).collect()
    }

    fn refusal(answer: &Value) -> (Value, Value, Value) {
        let problem = &answer["error"]["errors"][0];
        (answer["row"].clone(), problem["pointer"].clone(), problem["code"].clone())
    }

    fn plan_file(name: &str, text: &str) -> PathBuf {
        file(&format!("plan-{name}"), text)
    }

    fn file(name: &str, text: &str) -> PathBuf {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("calculate-{name}"));
        std::fs::write(&path, text).expect("a temporary file");
        path
    }
}

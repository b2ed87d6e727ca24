//! Calls of a host over HTTP, by the till, the retailer's systems, and an admin.

use serde_json::Value;

use super::{Shop, hundredths};

/// Status and body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) retry_after: Option<String>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The document of a call that must succeed.
    #[track_caller]
    pub(crate) fn accepted(&self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text);
        self.json()
    }

    /// Status and code of a refusal.
    #[track_caller]
    pub(crate) fn refused(&self) -> (u16, String) {
        let document = self.json();
        assert_eq!(document["status"], self.status, "{document}");
        (self.status, document["code"].as_str().expect("a code").to_owned())
    }
}

impl Shop {
    /// A call of the till.
    pub(crate) fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        self.try_post(path, key, body).expect("an answer")
    }

    /// A call of the till; an error if no host answers.
    pub(crate) fn try_post(&self, path: &str, key: &str, body: &str) -> Result<Answer, ureq::Error> {
        let headers = [("Idempotency-Key", key), ("Content-Type", "application/json")];
        self.send("POST", path, Some(&self.till), &headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Some(&self.till), &[], "").expect("an answer")
    }

    /// With any key.
    pub(crate) fn get_as(&self, key: &str, path: &str) -> Answer {
        self.send("GET", path, Some(key), &[], "").expect("an answer")
    }

    pub(crate) fn as_integration(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(method, path, Some(&self.integration), &[], body).expect("an answer")
    }

    pub(crate) fn put(&self, path: &str, body: &str) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.send("PUT", path, Some(&self.integration), &headers, body).expect("an answer")
    }

    pub(crate) fn import(&self, path: &str, rows: &str) -> Answer {
        let headers = [("Content-Type", "application/x-ndjson")];
        self.send("POST", path, Some(&self.integration), &headers, rows).expect("an answer")
    }

    /// Late receipts of the till.
    pub(crate) fn late(&self, rows: &[Value]) -> Vec<Value> {
        let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
        let headers = [("Content-Type", "application/x-ndjson")];
        let answer = self.send("POST", "/v1/receipts/offline", Some(&self.till), &headers, rows.join("\n"));
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text.lines().map(|row| serde_json::from_str(row).expect("a row")).collect()
    }

    /// Any call of an admin.
    pub(crate) fn as_admin(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.send(method, path, Some(&self.admin), &headers, body).expect("an answer")
    }

    /// Any call of an admin; an error if no host answers.
    pub(crate) fn try_admin(&self, method: &str, path: &str, body: &str) -> Result<Answer, ureq::Error> {
        let headers = [("Content-Type", "application/json")];
        self.send(method, path, Some(&self.admin), &headers, body)
    }

    /// Uploads a component, as an admin who knows what it is.
    pub(crate) fn upload(&self, name: &str, component: Vec<u8>) -> Answer {
        let path = format!("/v1/mechanics/{name}/versions");
        let headers = [("Content-Type", "application/wasm")];
        self.send("POST", &path, Some(&self.admin), &headers, component).expect("an answer")
    }

    /// Uploads a component with any key and headers; `call` is what follows `/v1/mechanics/`.
    pub(crate) fn upload_as(
        &self,
        key: &str,
        call: &str,
        headers: &[(&str, &str)],
        component: Vec<u8>,
    ) -> Answer {
        let path = format!("/v1/mechanics/{call}");
        let mut all = vec![("Content-Type", "application/wasm")];
        all.extend(headers);
        self.send("POST", &path, Some(key), &all, component).expect("an answer")
    }

    /// Any call; with a key of the role `pos` or `integration`, or else without a key.
    pub(crate) fn call(
        &self,
        call: (&str, &str),
        role: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let key = match role {
            "pos" => Some(self.till.as_str()),
            "integration" => Some(self.integration.as_str()),
            _ => None,
        };
        self.send(call.0, call.1, key, headers, body).expect("an answer")
    }

    /// A call with any key.
    pub(crate) fn with_key(&self, key: &str, call: (&str, &str), body: &str) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.send(call.0, call.1, Some(key), &headers, body).expect("an answer")
    }

    /// A call of the till with a body of any bytes.
    pub(crate) fn send_bytes(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send("POST", path, Some(&self.till), headers, body).expect("an answer")
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Result<Answer, ureq::Error> {
        let url = format!("{}{path}", self.address.read().expect("an address"));
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut response = if method == "GET" || method == "DELETE" {
            self.agent.run(request.body(()).expect("a request"))?
        } else {
            self.agent.run(request.body(body.into()).expect("a request"))?
        };
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.map(|value| value.to_str().expect("text").to_owned());
        let text = response.body_mut().read_to_string()?;
        Ok(Answer { status: response.status().as_u16(), text, retry_after })
    }

    /// The balance of `m-1`.
    pub(crate) fn points(&self) -> Value {
        let points = self.as_integration("GET", "/v1/members/m-1/points", "").accepted();
        let of = |name: &str| hundredths(&points[name]);
        let parts: i64 = ["available", "pending", "reserved", "spent", "expired"].map(of).iter().sum();
        assert_eq!(of("accrued"), parts, "all points are somewhere: {points}");
        points
    }
}

//! A real browser: headless Chromium, driven through ChromeDriver.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// One window. It closes when this is dropped.
pub(crate) struct Browser {
    runtime: Runtime,
    window: Option<Client>,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    pub(crate) fn open() -> Self {
        Self::open_with(&[], &json!({}))
    }

    /// With more arguments, and with preferences as people set them.
    pub(crate) fn open_with(more: &[&str], preferences: &Value) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("no chromedriver: run `cargo xtask test`, which installs it, or install Debian's packages `chromium` and `chromium-driver` by hand");
        let mut told = BufReader::new(driver.stdout.take().expect("its output"));
        let port = port(&mut told);
        // The output is read on, or the driver would block when the pipe is full.
        thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
        let profile = TempDir::new().expect("a folder");
        let of_profile = format!("--user-data-dir={}", profile.path().display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=1280,1000",
            &of_profile,
        ];
        let arguments = [&arguments, more].concat();
        let capabilities = json!({"goog:chromeOptions": {"args": arguments, "prefs": preferences}});
        let capabilities = capabilities.as_object().expect("an object").clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let driver_url = format!("http://127.0.0.1:{port}");
        let connecting = builder.capabilities(capabilities).connect(&driver_url);
        let window = runtime.block_on(connecting).expect("a window");
        Self { runtime, window: Some(window), driver, _profile: profile }
    }

    /// Does something with the first part of the page that fits.
    fn on<T>(&self, css: &str, act: impl AsyncFnOnce(Element) -> Result<T, CmdError>) -> T {
        let acted = async { act(self.window().find(Locator::Css(css)).await?).await };
        self.runtime.block_on(acted).unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    fn window(&self) -> &Client {
        self.window.as_ref().expect("it is open")
    }

    pub(crate) fn go_to(&self, url: &str) {
        self.runtime.block_on(self.window().goto(url)).expect("the page");
    }

    /// Runs a script in the page, and returns its answer.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.runtime.block_on(self.window().execute(script, vec![])).expect("its answer")
    }

    /// Everything that makes the page hard to read or to use.
    pub(crate) fn reading_problems(&self) -> Vec<String> {
        serde_json::from_value(self.run(include_str!("browser/reading.js"))).expect("texts")
    }

    pub(crate) fn click(&self, css: &str) {
        self.on(css, async |part| part.click().await);
    }

    pub(crate) fn write(&self, css: &str, text: &str) {
        self.on(css, async |part| part.send_keys(text).await);
    }

    pub(crate) fn choose(&self, css: &str, option: &str) {
        self.on(css, async |part| part.select_by_label(option).await);
    }

    pub(crate) fn read(&self, css: &str) -> String {
        self.on(css, async |part| part.text().await)
    }

    /// Everything that is wrong with how a page is laid out at a width in pixels: texts over each other, texts that are
    /// too small to read or leave their cell, and a page that scrolls sideways.
    pub(crate) fn layout_problems(&self, html: &str, width: u32) -> Vec<String> {
        let found = self.runtime.block_on(async {
            self.window().goto("about:blank").await?;
            self.window()
                .execute_async(include_str!("browser/layout.js"), vec![json!(html), json!(width)])
                .await
        });
        serde_json::from_value(found.expect("the page")).expect("texts")
    }

    pub(crate) fn count(&self, css: &str) -> usize {
        self.runtime.block_on(self.window().find_all(Locator::Css(css))).expect("the page").len()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It fails if the browser has ended already.
        let _ = self.window.take().map(|window| self.runtime.block_on(window.close()));
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that the driver says it has taken.
fn port(told: &mut impl std::io::BufRead) -> u16 {
    for line in told.lines() {
        let line = line.expect("text");
        let port = line.strip_prefix("ChromeDriver was started successfully on port ");
        if let Some(port) = port {
            return port.trim_end_matches('.').parse().expect("a port");
        }
    }
    panic!("chromedriver ended");
}

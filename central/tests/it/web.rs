//! The pages over a real socket: what they let through and what they do not. Chromium is in `browser`.

mod attack;
mod reader;
mod staff;

use super::world::World;
use central::password::{self, Cost};
use central::people::Role;
use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};

/// A browser without an engine: cookies, and the token of the last form.
pub(crate) struct Browser<'a> {
    world: &'a World,
    pub(crate) cookies: Vec<(String, String)>,
    pub(crate) token: String,
}

/// What came.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) const PASSWORD: &str = "correct horse";

impl World {
    /// An account of each role of staff: `librarian`, `technician`, `administrator`.
    pub(crate) fn hire(&self) {
        let of = circulation::id::Isil::parse(central::seed::INSTITUTION).unwrap();
        for role in Role::STAFF {
            let hash = password::hash(PASSWORD, Cost::Demo).unwrap();
            let made = self.app.store().make_account(&of, (role.word(), role, &hash), ("-", self.app.now()));
            assert!(made.unwrap());
        }
    }
}

impl<'a> Browser<'a> {
    pub(crate) const fn new(world: &'a World) -> Self {
        Self { world, cookies: Vec::new(), token: String::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Got {
        let request = self.world.without_redirects().get(format!("{}{path}", self.world.base));
        self.take(request).await
    }

    /// POST with the token of the last form.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Got {
        let token = self.token.clone();
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all, &[]).await
    }

    pub(crate) async fn post_bare(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Got {
        let mut request =
            self.world.without_redirects().post(format!("{}{path}", self.world.base)).form(fields);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.take(request).await
    }

    async fn take(&mut self, request: reqwest::RequestBuilder) -> Got {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !line.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let body = response.text().await.unwrap();
        if let Some((_, rest)) = body.split_once(r#"name="token" value=""#) {
            self.token = rest.split('"').next().unwrap().to_owned();
        }
        Got { status, headers, body }
    }

    pub(crate) async fn log_in(&mut self, account: &str) {
        self.get("/staff/login").await;
        let got = self.post("/staff/login", &[("account", account), ("password", PASSWORD)]).await;
        assert_eq!((got.status, got.location()), (303, "/staff/board"), "{}", got.body);
        self.get("/staff/board").await;
    }

    pub(crate) async fn log_in_reader(&mut self, card: &str) {
        self.get("/m/login").await;
        let got = self.post("/m/login", &[("card", card), ("password", "123456")]).await;
        assert_eq!((got.status, got.location()), (303, "/m/loans"), "{}", got.body);
        self.get("/m/loans").await;
    }

    pub(crate) fn cookie(&self, name: &str) -> String {
        self.cookies.iter().find(|(known, _)| known == name).map_or(String::new(), |(_, value)| value.clone())
    }
}

impl World {
    fn without_redirects(&self) -> &reqwest::Client {
        &self.still
    }
}

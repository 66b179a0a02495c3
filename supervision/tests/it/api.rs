//! What programs ask with the password: the words of the control socket.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::rig::{ITEM, PASSWORD, Rig, client};

impl Rig {
    fn call(&self, body: &Value) -> RequestBuilder {
        client().post(self.url("/api")).json(body)
    }

    async fn ask(&self, body: &Value) -> Value {
        let answer = self.call(body).basic_auth("technician", Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{body}");
        answer.json().await.unwrap()
    }
}

#[tokio::test]
async fn it_answers_as_the_control_socket_does() {
    let rig = Rig::start();
    assert_eq!(
        rig.ask(&json!({ "request": "restart", "part": "reader" })).await,
        json!({ "answer": "done" })
    );
    let tried = rig.ask(&json!({ "request": "power", "dbm": 20, "seconds": 60 })).await;
    assert_eq!(tried["answer"], "power", "{tried}");
    let rows = rig.ask(&json!({ "request": "list", "which": "parked", "limit": 5 })).await;
    assert_eq!(rows["rows"][0]["item"], ITEM, "{rows}");
    assert_eq!(rig.asked().len(), 3, "{:?}", rig.asked());
    // What is none of its words is said to be none.
    for body in
        [json!({}), json!({ "request": "restart", "part": "moon" }), json!({ "request": "fly" }), json!([1])]
    {
        let answer = rig.ask(&body).await;
        let why = answer["why"].as_str().unwrap();
        assert!(answer["answer"] == "refused" && why.contains("not a request"), "{body}: {answer}");
    }
    assert_eq!(rig.asked().len(), 3, "{:?}", rig.asked());
}

#[tokio::test]
async fn patrons_are_neither_named_nor_disturbed() {
    let rig = Rig::start();
    for body in [
        json!({ "request": "show", "id": "12345678", "patron": true }),
        json!({ "request": "export", "after": 0, "patron": true }),
    ] {
        let answer = rig.ask(&body).await;
        assert!(answer["answer"] == "refused", "{body}: {answer}");
    }
    rig.board.send_modify(|board| board.is_serving = true);
    let answer = rig.ask(&json!({ "request": "restart", "part": "reader" })).await;
    assert!(answer["why"].as_str().unwrap().contains("somebody uses the machine"), "{answer}");
    assert_eq!(rig.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn without_the_password_nothing_is_said_and_guessing_is_slowed_as_at_the_door() {
    let rig = Rig::start();
    let board = json!({ "request": "board" });
    let cookie = rig.log_in().await;
    let status = async |request: RequestBuilder| {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        assert!(!text.contains("一号机"), "{text}");
        status
    };
    // A session is no password: what a browser sends by itself opens nothing here.
    assert_eq!(status(rig.call(&board).header("cookie", &cookie)).await, 401);
    assert_eq!(status(rig.call(&board).bearer_auth(PASSWORD)).await, 401);
    assert_eq!(status(rig.call(&board).header("authorization", "Basic !!!")).await, 401);
    let form = client().post(rig.url("/api")).basic_auth("technician", Some(PASSWORD));
    assert_eq!(status(form.form(&[("request", "board")])).await, 415);
    assert_eq!(status(client().get(rig.url("/api"))).await, 405);
    let preflight = client().request(reqwest::Method::OPTIONS, rig.url("/api"));
    assert_eq!(status(preflight.header("origin", "http://evil.example")).await, 405);
    for n in 0..supervision::console::guard::TRIES {
        let guess = rig.call(&board).basic_auth("technician", Some(format!("guess {n}")));
        assert_eq!(status(guess).await, 401);
    }
    assert_eq!(status(rig.call(&board).basic_auth("technician", Some(PASSWORD))).await, 429);
    assert_eq!(rig.try_password(PASSWORD).await.status().as_u16(), 429, "the door counts them too");
    assert_eq!(rig.asked(), Vec::<String>::new());
}

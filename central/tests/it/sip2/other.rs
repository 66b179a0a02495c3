//! Another maker's client: the crate `sip2`. It writes no sequence numbers and no checksums.

use sip2::{Client, ParamSet};

use super::Acs;

#[tokio::test]
async fn another_makers_client_is_served() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let address = acs.address.to_string();
    tokio::task::spawn_blocking(move || visit(&address)).await.unwrap();
}

fn visit(address: &str) {
    let mut client = Client::new(address).unwrap();
    let mut who = ParamSet::new();
    who.set_institution("branch").set_sip_user("yueting-demo").set_sip_pass("wrong");
    assert!(!client.login(&who).unwrap().ok());
    who.set_sip_pass("yueting-demo-secret").set_location("desk-2");
    assert!(client.login(&who).unwrap().ok());
    let status = client.sc_status().unwrap();
    assert!(status.ok());
    assert_eq!(
        (status.value("BX"), status.value("AO")),
        (Some("YYYYYYYYYYYYYYYY"), Some(central::seed::INSTITUTION))
    );

    who.set_patron_id("LW20260004").set_patron_pwd("123456").set_item_id("LW0000001");
    let patron = client.patron_status(&who).unwrap();
    assert!(patron.ok());
    assert_eq!((patron.value("CQ"), patron.value("BV"), patron.value("AF")), (Some("Y"), Some("0.00"), None));
    let item = client.item_info(&who).unwrap();
    assert_eq!((item.ok(), item.value("AJ")), (true, Some("红楼梦")));
    let lent = client.checkout(&who).unwrap();
    assert_eq!((lent.ok(), lent.value("AH")), (true, Some("2026-12-23")));
    assert!(!client.checkout(&who).unwrap().ok(), "on loan");
    let patron = client.patron_info(who.set_summary(2)).unwrap();
    assert_eq!((patron.ok(), patron.value("AU")), (true, Some("LW0000001")));
    let back = client.checkin(&who).unwrap();
    assert_eq!((back.ok(), back.value("CL"), back.value("AQ")), (true, Some("1"), Some("LW01")));
    assert!(!client.checkin(&who).unwrap().ok(), "not on loan");
    let paid = client.fee_paid(who.set_pay_amount("1.00").set_transaction_id("T1")).unwrap();
    assert_eq!((paid.ok(), paid.value("BK")), (false, Some("T1")), "nothing is owed");
    who.set_patron_id("LW20260012").set_patron_pwd("123456");
    for _ in 0..2 {
        let paid = client.fee_paid(who.set_pay_amount("1.00").set_transaction_id("T2")).unwrap();
        // This client takes "1" for a yes, where the standard has Y: `ok` says nothing here.
        assert_eq!((paid.msg().fixed_fields()[0].value(), paid.value("BK")), ("Y", Some("T2")));
    }
    let patron = client.patron_status(&who).unwrap();
    assert_eq!(patron.value("BV"), Some("2.00"), "of three yuan one is paid, once");
    assert!(!client.patron_status(who.set_patron_id("LW99")).unwrap().ok());
    client.disconnect().unwrap();
}

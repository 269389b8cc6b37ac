//! What one client takes is not taken from others.

use moretta_tests::serving::{MASK, Serving};

use super::{CSV, begin_masking, desk, table};

#[test]
fn who_asks_too_often_comes_again_later() {
    let desk = desk("limits: { each_principal: { requests_per_minute: 3 } }\n");
    let serving = Serving::start(&desk);
    for _ in 0..3 {
        serving.mask("etl", &table(3)).assert_whole();
    }
    let refused = serving.mask("etl", &table(3)).assert_status(429);
    let wait: u64 = refused.field("retry-after").parse().unwrap();
    assert!(refused.problem() == "quota" && (1..=20).contains(&wait), "{wait}");
    serving.mask("etl-2", &table(3)).assert_whole();
}

#[test]
fn who_sends_too_much_comes_again_later() {
    let desk = desk("limits: { each_principal: { bytes_per_minute: 100000 } }\n");
    let serving = Serving::start(&desk);
    let body = table(10_000);
    serving.post("etl", MASK, &[CSV], body.as_bytes()).assert_whole();
    let refused = serving.mask("etl", &table(3)).assert_status(429);
    assert!(refused.text().contains("bytes") && refused.field("retry-after").parse::<u64>().unwrap() > 10);
    serving.mask("etl-2", &table(3)).assert_whole();
}

#[test]
fn no_more_is_masked_at_once_than_may_be() {
    let desk = desk("limits: { requests_at_once: 2, each_principal: { requests_at_once: 1 } }\n");
    let serving = Serving::start(&desk);
    let mine = begin_masking(&serving, "etl", &[]);
    assert_eq!(serving.mask("etl", &table(3)).assert_status(429).problem(), "quota");
    serving.mask("etl-2", &table(3)).assert_whole();
    drop(mine);
    moretta_tests::serving::await_that("a place", || serving.mask("etl", &table(3)).status == 200);
    let configuration = desk.text("moretta.yaml").replace("requests_at_once: 2", "requests_at_once: 1");
    drop(serving);
    desk.put("moretta.yaml", configuration);
    let serving = Serving::start(&desk);
    let _mine = begin_masking(&serving, "etl", &[]);
    let refused = serving.mask("etl-2", &table(3)).assert_status(503);
    assert_eq!((refused.problem().as_str(), refused.field("retry-after")), ("busy", "1"));
}

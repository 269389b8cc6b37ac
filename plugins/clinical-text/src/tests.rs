use moretta_guest::testing;
use proptest::prelude::*;

use super::*;

fn found(text: &str) -> Vec<(Label, &str)> {
    let pieces = find(text).into_iter().filter(|piece| piece.confidence >= 50);
    pieces.map(|piece| (piece.label, &text[piece.start..piece.end])).collect()
}

/// What is found in texts must be this one piece.
#[track_caller]
fn assert_each(label: Label, cases: &[(&str, &str)]) {
    let wrong: Vec<_> = cases.iter().filter(|(text, piece)| found(text) != [(label, *piece)]).collect();
    let said: Vec<_> = wrong.iter().map(|(text, _)| found(text)).collect();
    assert!(wrong.is_empty(), "{wrong:?} gave {said:?}");
}

/// Nothing is found in texts.
#[track_caller]
fn assert_nothing(texts: &[&str]) {
    let wrong: Vec<_> = texts.iter().map(|text| (text, found(text))).filter(|(_, found)| !found.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_cases_of_the_manifest_come_out() {
    let request = Request { transform: "find".into(), config: "{}".into(), reference_date: None };
    testing::check_found(include_str!("../manifest.json"), |name, column| ClinicalText::find(&request, name, column));
}

#[test]
fn the_labels_of_the_manifest_are_in_order() {
    let manifest: serde_json::Value = serde_json::from_str(include_str!("../manifest.json")).unwrap();
    let labels: Vec<_> = manifest["labels"].as_array().unwrap().iter().map(|label| label.as_str().unwrap()).collect();
    assert_eq!(labels, Label::ALL.iter().map(|label| label.name()).collect::<Vec<_>>());
    assert!(Label::ALL.iter().enumerate().all(|(place, label)| *label as usize == place));
}

#[test]
fn social_security_numbers_are_found_however_they_are_written() {
    assert_each(
        Label::UsSsn,
        &[
            ("SSN: 123-45-6789", "123-45-6789"),
            ("ssn 123456789", "123456789"),
            ("social security number is 123 45 6789", "123 45 6789"),
            ("his number, 123-45-6789, is on file", "123-45-6789"),
            ("SSN 999-95-5351", "999-95-5351"),
            ("social security no. 123.45.6789", "123.45.6789"),
            ("ssn ending in 6789", "6789"),
            ("XXX-XX-6789", "XXX-XX-6789"),
            ("***-**-6789", "***-**-6789"),
            ("the number 123-45-\n6789 was", "123-45-\n6789"),
            ("the number 123-\n  45-6789 was", "123-\n  45-6789"),
            ("SSN 12345\n6789", "12345\n6789"),
        ],
    );
}

#[test]
fn telephones_are_found_in_many_countries() {
    assert_each(
        Label::Phone,
        &[
            ("call 617-555-0123 now", "617-555-0123"),
            ("(617) 555-0123", "(617) 555-0123"),
            ("(617)555-0123", "(617)555-0123"),
            ("+1 617 555 0123", "+1 617 555 0123"),
            ("1-800-555-0199", "1-800-555-0199"),
            ("617.555.0123", "617.555.0123"),
            ("tel: 6175550123", "6175550123"),
            ("phone 555-0123", "555-0123"),
            ("+44 20 7946 0958", "+44 20 7946 0958"),
            ("phone: 0494 92 82 32", "0494 92 82 32"),
            ("call 0171 944 233", "0171 944 233"),
            ("617-555-0123 ext. 12", "617-555-0123 ext. 12"),
            ("617-555-0123 x12", "617-555-0123 x12"),
        ],
    );
    assert_each(Label::Fax, &[("fax 617-555-0123", "617-555-0123"), ("Fax: (617) 555-0199", "(617) 555-0199")]);
}

#[test]
fn dates_are_found_in_every_usual_form() {
    assert_each(
        Label::Date,
        &[
            ("seen 1/31/2026", "1/31/2026"),
            ("seen 31.01.2026", "31.01.2026"),
            ("seen 01-31-26", "01-31-26"),
            ("seen 2026-01-31", "2026-01-31"),
            ("at 2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
            ("on 1992-11-12 07:04:41", "1992-11-12 07:04:41"),
            ("on March 3rd, 1999", "March 3rd, 1999"),
            ("on 3 March 1999", "3 March 1999"),
            ("on the 3rd of March, 1999", "3rd of March, 1999"),
            ("on Jan. 5 at 10:30 am", "Jan. 5 at 10:30 am"),
            ("on 31-JAN-2026", "31-JAN-2026"),
            ("since 3/99", "3/99"),
            ("on 3/14", "3/14"),
            ("in May 1999", "May 1999"),
            ("in 1977", "1977"),
            ("since the 1990s", "1990s"),
            ("on Saturday", "Saturday"),
            ("Sat, 31 Jan 2026", "Sat, 31 Jan 2026"),
            ("date 20260131", "20260131"),
        ],
    );
    assert_each(Label::BirthDate, &[("DOB: 01/02/1990", "01/02/1990"), ("born on March 3, 1999", "March 3, 1999")]);
    assert_each(Label::AdmissionDate, &[("admitted on 1/2/2026", "1/2/2026")]);
    assert_each(Label::DischargeDate, &[("discharged 2026-01-02", "2026-01-02")]);
    assert_each(Label::DeathDate, &[("died on 2 May 2001", "2 May 2001")]);
}

#[test]
fn ages_are_found_without_what_they_are_counted_in() {
    assert_each(
        Label::Age,
        &[
            ("a 79 year old man", "79"),
            ("a 79-year-old", "79"),
            ("a 79 yo f", "79"),
            ("79y/o", "79"),
            ("79 y.o. man", "79"),
            ("aged 79", "79"),
            ("age: 79", "79"),
            ("at the age of 91", "91"),
            ("93 years of age", "93"),
            ("a 3 month-old girl", "3"),
            ("I just turned 46", "46"),
            ("I'm 46.", "46"),
            ("she is 46", "46"),
            ("he's 46, and well", "46"),
            ("a seventy-nine-year-old woman", "seventy-nine"),
        ],
    );
}

#[test]
fn numbers_are_what_they_are_called() {
    assert_each(
        Label::Mrn,
        &[("MRN: 1234567", "1234567"), ("medical record number 00-12-34", "00-12-34"), ("MRN# A123-456", "A123-456")],
    );
    assert_each(
        Label::HealthPlanId,
        &[
            ("member id XYZ123456789", "XYZ123456789"),
            ("Policy #: 8812345", "8812345"),
            ("Medicaid ID 123456789A", "123456789A"),
        ],
    );
    assert_each(Label::Account, &[("account number 12345678", "12345678"), ("Acct: 99-1234-5", "99-1234-5")]);
    assert_each(
        Label::DriversLicense,
        &[("driver's license S438207132", "S438207132"), ("Driver license no. 12345678", "12345678")],
    );
    assert_each(Label::Certificate, &[("license # RN123456", "RN123456")]);
    assert_each(
        Label::Device,
        &[("pacemaker serial number PJN123456H", "PJN123456H"), ("device s/n 4410098", "4410098")],
    );
    assert_each(Label::LicensePlate, &[("license plate 7ABC123", "7ABC123"), ("plate number ABC 1234", "ABC 1234")]);
    assert_each(Label::Passport, &[("passport X37061700X", "X37061700X"), ("passport no. 123456789", "123456789")]);
    assert_each(
        Label::EncounterId,
        &[("claim number 20260131001", "20260131001"), ("accession S26-12345", "S26-12345")],
    );
    assert_each(Label::Npi, &[("NPI 1234567893", "1234567893")]);
    assert_each(
        Label::OtherId,
        &[
            ("badge number 55123", "55123"),
            ("id: 0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ],
    );
    assert_each(Label::Itin, &[("itin 912-70-1234", "912-70-1234")]);
    assert_each(Label::BankRouting, &[("routing number 021000021", "021000021")]);
}

#[test]
fn numbers_are_told_by_their_check_digits() {
    assert_each(Label::Dea, &[("prescribed under AP5836727", "AP5836727")]);
    assert_each(
        Label::Mbi,
        &[("covered as 1EG4-TE5-MK73", "1EG4-TE5-MK73"), ("covered as 1EG4TE5MK73", "1EG4TE5MK73")],
    );
    assert_each(Label::Vin, &[("drove 1M8GDM9AXKP042788", "1M8GDM9AXKP042788")]);
    assert_each(
        Label::PaymentCard,
        &[("paid with 4111 1111 1111 1111", "4111 1111 1111 1111"), ("paid with 378282246310005", "378282246310005")],
    );
    assert_each(
        Label::Iban,
        &[
            ("paid from GB29 NWBK 6016 1331 9268 19", "GB29 NWBK 6016 1331 9268 19"),
            ("DE89370400440532013000", "DE89370400440532013000"),
        ],
    );
    assert_each(
        Label::IpAddress,
        &[("from 192.168.1.17", "192.168.1.17"), ("from 2001:db8::8a2e:370:7334", "2001:db8::8a2e:370:7334")],
    );
    assert_each(
        Label::MacAddress,
        &[("at 00:1b:44:11:3a:b7", "00:1b:44:11:3a:b7"), ("at 00-1B-44-11-3A-B7", "00-1B-44-11-3A-B7")],
    );
    assert_each(Label::Udi, &[("implant (01)00643169007222", "(01)00643169007222")]);
    assert_each(Label::Coordinates, &[("at 42.29776, -71.00442", "42.29776, -71.00442")]);
}

#[test]
fn addresses_of_the_network_are_found() {
    assert_each(
        Label::Email,
        &[("write x.y+z@a-b.example.org.", "x.y+z@a-b.example.org"), ("<ada@example.org>", "ada@example.org")],
    );
    assert_each(
        Label::Url,
        &[
            ("see https://example.org/a?b=c.", "https://example.org/a?b=c"),
            ("www.example.org", "www.example.org"),
            ("on example.com", "example.com"),
        ],
    );
    assert_nothing(&["@ example", "e.g. this", "and/or", "end.Next"]);
}

#[test]
fn zip_codes_are_found_behind_states_and_their_name() {
    assert_each(Label::Zip, &[("zip 02111", "02111"), ("ZIP: 02111-1234", "02111-1234")]);
}

#[test]
fn what_is_measured_or_coded_is_nobodys_number() {
    assert_nothing(&[
        "E11.9, I10, J44.1, Z79.4, S72.001A, M54.50 and U07.1",
        "metformin 500 mg BID, lisinopril 10 mg, insulin 12 units, 5 mg, 0.5 ml, 2.5 mg/ml, 40 mEq",
        "BP 120/80, HR 72, RR 16, temp 98.6 F, sat 98% on 2 L, pain 5/10",
        "Na 138, K 4.1, Cl 102, CO2 24, BUN 14, Cr 0.9, glucose 145, WBC 7.8, Hgb 12.1, plt 210",
        "EF 55-60%, INR 2.5, A1c 7.2%, TSH 1.32, pH 7.35, 3+ edema, strength 5/5, murmur 2/6",
        "height 165.6 cm, weight 70.0 kg, BMI 25.5 kg/m2",
        "x3 days, q6h, 2 tablets twice daily for 10 days, 3-4 times a week, 1-2 puffs",
        "CPT 99213, LOINC 2345-7, ICD-10 E11.65, SNOMED 44054006",
        "grade 3/4, T2N0M0, L4-L5, C5-6, vitamin B12, T3, H1N1, 12-lead",
        "version 2.10.3, page 2 of 3, room 12, bed 4",
        "costs $1,234.50 or 15.00, 16 of 20, 1,200 ml, 0.25-0.5",
    ]);
}

#[test]
fn words_of_medicine_are_no_names() {
    assert_nothing(&[
        "Alert and oriented, lungs clear, abdomen soft, no edema.",
        "Allergies: NKDA. Code status: full. Diet: cardiac.",
        "Chief Complaint: chest pain",
        "# Assessment and Plan",
        "Continue lisinopril and start atorvastatin for hyperlipidemia.",
        "No acute distress. Follow up in two weeks.",
    ]);
}

#[test]
fn what_looks_like_ascii_is_read_like_it() {
    assert_each(
        Label::UsSsn,
        &[
            ("SSN 1\u{200b}2\u{200d}3-45-67\u{feff}89.", "1\u{200b}2\u{200d}3-45-67\u{feff}89"),
            ("SSN １２３－４５－６７８９", "１２３－４５－６７８９"),
            ("SSN 123\u{2011}45\u{2013}6789", "123\u{2011}45\u{2013}6789"),
            ("SSN ١٢٣-٤٥-٦٧٨٩", "١٢٣-٤٥-٦٧٨٩"),
            ("ЅЅN 123456789", "123456789"),
            ("S\u{301}SN\u{a0}123\u{2003}45\u{a0}6789", "123\u{2003}45\u{a0}6789"),
        ],
    );
    assert_each(
        Label::Email,
        &[("write аda@ехample.org", "аda@ехample.org"), ("ada＠example．org", "ada＠example．org")],
    );
    assert_eq!(found("Dr. Jоhn Smіth called")[0], (Label::PersonName, "Jоhn Smіth"));
    assert_eq!(found("Dr. J\u{200b}ohn Sm\u{ad}ith called")[0], (Label::PersonName, "J\u{200b}ohn Sm\u{ad}ith"));
}

#[test]
fn json_inside_of_a_cell_is_read() {
    let text = r#"{"name":"Ada Lovelace","ssn":"123456789","dob":"01\/02\/1990","note":"call\n617-555-0123 or \u0061da@example.org","mrn":1234567}"#;
    let expected = [
        (Label::PersonName, "Ada Lovelace"),
        (Label::UsSsn, "123456789"),
        (Label::BirthDate, r"01\/02\/1990"),
        (Label::Phone, "617-555-0123"),
        (Label::Email, r"\u0061da@example.org"),
        (Label::Mrn, "1234567"),
    ];
    assert_eq!(found(text), expected);
}

#[test]
fn all_tricks_at_once_are_seen_through() {
    let text = "{\"note\":\"S\u{200b}SN：１２３‐４５‐\\n６７\u{200d}８９, Dr. Ѕmіth, ０１\\/０２\\/1990\"}";
    let pieces = found(text);
    assert_eq!(pieces[0], (Label::UsSsn, "１２３‐４５‐\\n６７\u{200d}８９"));
    assert_eq!(pieces[1], (Label::PersonName, "Ѕmіth"));
    assert_eq!(pieces[2].1, "０１\\/０２\\/1990");
}

#[test]
fn a_name_is_found_again_where_nothing_tells_it() {
    let pieces = found("Patient: Zbigniew Kowalczyk. Plan: per Kowalczyk no changes.");
    assert_eq!(pieces.iter().filter(|(label, _)| *label == Label::PersonName).count(), 2, "{pieces:?}");
}

#[test]
fn long_text_of_anything_takes_steps_in_proportion() {
    let seconds = |piece: &str, bytes: usize| {
        let text = piece.repeat(bytes / piece.len());
        let started = std::time::Instant::now();
        std::hint::black_box(find(&text));
        started.elapsed().as_secs_f64()
    };
    // Four times the text takes four times as long, and a square would take sixteen. Whatever else the machine does, of
    // many tries one has to come out.
    let is_linear = |piece: &str| (0..9).any(|_| seconds(piece, 1 << 20) < 9.0 * seconds(piece, 1 << 18));
    let pieces = [
        "a", "A", "1", " ", "\n", "-", "@", "a@", "1-", "1 ", "+1", "((", "\u{301}", "é", "字", "a.", "://", "\\u0031",
        "Dr. ", "*", "SSN ", "0:", "www.",
    ];
    let slow: Vec<_> = pieces.into_iter().filter(|piece| !is_linear(piece)).collect();
    assert!(slow.is_empty(), "{slow:?}");
}

#[test]
fn what_stands_at_the_border_of_two_parts_is_whole() {
    for fill in ["x ", "é", "word\n"] {
        for before in (0..OVERLAP + 64).step_by(31) {
            let mut text = fill.repeat((PART - before) / fill.len());
            text.push_str(" SSN 123-45-\n6789, mail ada@example.org. ");
            text.push_str(&fill.repeat(OVERLAP));
            let found = found(&text);
            let expected = [(Label::UsSsn, "123-45-\n6789"), (Label::Email, "ada@example.org")];
            assert!(expected.iter().all(|piece| found.contains(piece)), "{before} bytes before {fill:?}: {found:?}");
        }
    }
}

proptest! {
    #[test]
    fn pieces_rise_and_lie_at_borders_of_characters(
        text in "\\PC{0,80}|([0-9]{1,5}|[A-Z][a-z]{1,6}|[-@.:/+()*#, \n\\\\é\u{200b}１字]|SSN|Dr|Street|year|old|GB29){0,40}"
    ) {
        let pieces = find(&text);
        prop_assert!(pieces.iter().all(|piece| text.get(piece.start..piece.end).is_some_and(|it| !it.is_empty())));
        prop_assert!(pieces.is_sorted_by(|a, b| a.end <= b.start));
        prop_assert!(pieces.iter().all(|piece| piece.confidence <= 100));
    }
}

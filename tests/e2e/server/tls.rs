//! TLS 1.3, and clients that show certificates.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use moretta_tests::command::Desk;
use moretta_tests::http::{Answer, connect, exchange, head};
use moretta_tests::serving::{MASK, Serving, bearer, configuration};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    SupportedProtocolVersion,
};

use super::{DATASETS, desk, masked, table};

/// An authority, as PEM and ready to issue.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

pub(crate) fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name = named(&[(DnType::CommonName, name)]);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    Authority { pem, issuer: Issuer::new(params, key) }
}

fn named(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    parts.iter().for_each(|(part, value)| name.push(part.clone(), *value));
    name
}

/// A certificate and its key for this common name, as PEM.
pub(crate) fn issued(authority: &Authority, name: &str) -> (String, String) {
    authority.issue(named(&[(DnType::CommonName, name)]))
}

impl Authority {
    /// A certificate and its key, as PEM.
    fn issue(&self, name: DistinguishedName) -> (String, String) {
        self.issue_number(name, None)
    }

    fn issue_number(&self, name: DistinguishedName, number: Option<u64>) -> (String, String) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name = name;
        params.serial_number = number.map(SerialNumber::from);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// The list of the certificates that an authority has revoked, which is good until the first day of a year.
fn revoked(authority: &Authority, numbers: &[u64], until: i32) -> String {
    let revoked = |number: &u64| RevokedCertParams {
        serial_number: SerialNumber::from(*number),
        revocation_time: date_time_ymd(2024, 1, 2),
        reason_code: None,
        invalidity_date: None,
    };
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2024, 1, 2),
        next_update: date_time_ymd(until, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: numbers.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    list.signed_by(&authority.issuer).unwrap().pem().unwrap()
}

/// A desk whose server shows a certificate, and wants one from this authority.
pub(crate) fn tls_desk(authority: &Authority) -> Desk {
    let desk = desk("");
    let (certificate, key) = authority.issue(named(&[(DnType::CommonName, "server")]));
    desk.put("server.pem", certificate);
    desk.put("server.key", key);
    desk.put("clients.pem", &authority.pem);
    let tls = "tls: { certificate: server.pem, key: server.key, client_ca: clients.pem }";
    let principals = "principals:\n  - { certificate: \"CN=etl,O=Clinic\", roles: [pipeline] }";
    let configuration = configuration(DATASETS).replace("plain: true", tls).replace("principals:", principals);
    desk.put("moretta.yaml", configuration);
    desk
}

/// A connection under TLS, or why there is none.
fn open(
    serving: &Serving,
    root: &str,
    client: Option<&(String, String)>,
    version: &'static SupportedProtocolVersion,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
    let builder = builder.with_root_certificates(roots);
    let config = match client {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    let server = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), server).unwrap(), connect(serving.address()))
}

fn ask(stream: StreamOwned<ClientConnection, TcpStream>, more: &[(&str, &str)]) -> Answer {
    let body = table(1_000);
    let length = body.len().to_string();
    let fields = [&[("content-type", "text/csv"), ("content-length", &length), ("connection", "close")], more].concat();
    exchange(stream, &[head("POST", MASK, &fields).as_bytes(), body.as_bytes()].concat())
}

#[test]
fn a_certificate_says_who_asks() {
    let (clinic, other) = (authority("clinic"), authority("other"));
    let desk = tls_desk(&clinic);
    let serving = Serving::start(&desk);
    let etl = clinic.issue(named(&[(DnType::OrganizationName, "Clinic"), (DnType::CommonName, "etl")]));
    let answer = ask(open(&serving, &clinic.pem, Some(&etl), &TLS13), &[]).assert_whole();
    assert!(answer.body == masked(&desk, &table(1_000), "out.csv"));
    // Of this authority, and nobody that is known: a part of a name, or one that looks like two, is another name.
    for parts in [&[(DnType::CommonName, "etl")][..], &[(DnType::CommonName, "etl,O=Clinic")]] {
        let nobody = clinic.issue(named(parts));
        ask(open(&serving, &clinic.pem, Some(&nobody), &TLS13), &[]).assert_status(403);
    }
    let stranger = other.issue(named(&[(DnType::OrganizationName, "Clinic"), (DnType::CommonName, "etl")]));
    assert_eq!(ask(open(&serving, &clinic.pem, Some(&stranger), &TLS13), &[]).status, 0);
    // Who shows no certificate needs a token, and a wrong token is not made good by a certificate.
    ask(open(&serving, &clinic.pem, None, &TLS13), &[]).assert_status(401);
    let token = bearer("etl-2");
    ask(open(&serving, &clinic.pem, None, &TLS13), &[("authorization", &token)]).assert_whole();
    ask(open(&serving, &clinic.pem, Some(&etl), &TLS13), &[("authorization", "Bearer x")]).assert_status(401);
    let logged = serving.logged("handshake-failed");
    assert_eq!(logged.len(), 1, "{logged:?}");
}

#[test]
fn nothing_older_than_tls_1_3_is_spoken() {
    let clinic = authority("clinic");
    let desk = tls_desk(&clinic);
    let serving = Serving::start(&desk);
    let etl = clinic.issue(named(&[(DnType::OrganizationName, "Clinic"), (DnType::CommonName, "etl")]));
    assert_eq!(ask(open(&serving, &clinic.pem, Some(&etl), &TLS12), &[]).status, 0);
    let plain = exchange(connect(serving.address()), head("GET", "/healthz", &[]).as_bytes());
    assert_eq!(plain.status, 0);
    let answer = ask(open(&serving, &clinic.pem, Some(&etl), &TLS13), &[]);
    assert_eq!(answer.status, 200, "{}", serving.log());
}

/// Answers each connection with these keys, under TLS and with a certificate of an authority.
fn issuer(authority: &Authority, keys: String) -> std::net::SocketAddr {
    let (certificate, key) = authority.issue(named(&[(DnType::CommonName, "issuer")]));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS13]).unwrap();
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let config = Arc::new(builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            let _ = stream.read(&mut [0; 4096]);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", keys.len());
            let _ = stream.write_all(format!("{head}{keys}").as_bytes());
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    address
}

#[test]
fn keys_of_tokens_come_from_their_issuer_under_tls() {
    let clinic = authority("clinic");
    let desk = tls_desk(&clinic);
    let address = issuer(&clinic, moretta_tests::serving::jwks().to_string());
    let from = |more: &str| format!("jwks: \"https://localhost:{}/keys\"{more}", address.port());
    let configuration = desk.text("moretta.yaml");
    desk.put("moretta.yaml", configuration.replace("jwks: jwks.json", &from(", jwks_ca: clients.pem")));
    let serving = Serving::start(&desk);
    ask(open(&serving, &clinic.pem, None, &TLS13), &[("authorization", &bearer("etl"))]).assert_whole();
    // Of an authority that is not trusted nothing is taken.
    desk.put("other.pem", authority("other").pem);
    desk.put("wrong.yaml", configuration.replace("jwks: jwks.json", &from(", jwks_ca: other.pem")));
    let refused = desk.run("serve --check wrong.yaml").assert_code(2);
    assert!(refused.stderr.contains("gives no keys"), "{}", refused.stderr);
}

#[test]
fn a_certificate_that_is_renewed_is_shown_after_a_hang_up() {
    let (clinic, renewed) = (authority("clinic"), authority("renewed"));
    let desk = tls_desk(&clinic);
    let serving = Serving::start(&desk);
    let (certificate, key) = renewed.issue(named(&[(DnType::CommonName, "server")]));
    desk.put("server.pem", certificate);
    desk.put("server.key", key);
    let token = bearer("etl");
    let ask = |root: &str| ask(open(&serving, root, None, &TLS13), &[("authorization", &token)]).status;
    assert_eq!((ask(&clinic.pem), ask(&renewed.pem)), (200, 0));
    serving.signal("HUP");
    moretta_tests::serving::await_that("the new certificate", || ask(&renewed.pem) == 200);
    assert_eq!(ask(&clinic.pem), 0);
    // One that cannot be used leaves the last one.
    desk.put("server.pem", "nothing");
    serving.signal("HUP");
    serving.await_logged("certificates-kept");
    assert_eq!(ask(&renewed.pem), 200);
}

#[test]
fn a_certificate_that_is_revoked_opens_nothing_and_ends_what_it_opened() {
    let (clinic, other) = (authority("clinic"), authority("other"));
    let desk = tls_desk(&clinic);
    let configuration = desk.text("moretta.yaml");
    desk.put(
        "moretta.yaml",
        configuration.replace("client_ca: clients.pem", "client_ca: clients.pem, client_crl: crl.pem"),
    );
    desk.put("crl.pem", revoked(&clinic, &[8], 2100));
    let serving = Serving::start(&desk);
    let name = || named(&[(DnType::OrganizationName, "Clinic"), (DnType::CommonName, "etl")]);
    let (seven, eight) = (clinic.issue_number(name(), Some(7)), clinic.issue_number(name(), Some(8)));
    let status = |client| ask(open(&serving, &clinic.pem, Some(client), &TLS13), &[]).status;
    assert_eq!((status(&seven), status(&eight)), (200, 0));
    // A connection that is open and has nothing under way is closed, and its certificate is of no use any more.
    let mut idle = open(&serving, &clinic.pem, Some(&seven), &TLS13);
    idle.write_all(head("GET", "/healthz", &[]).as_bytes()).unwrap();
    assert!(idle.read(&mut [0; 4096]).unwrap() > 0);
    desk.put("crl.pem", revoked(&clinic, &[7], 2100));
    serving.signal("HUP");
    while idle.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
    assert_eq!((status(&seven), status(&eight)), (0, 200));
    // A list that is out of date, and one of another authority, let nobody in; a client with a token needs none.
    for list in [revoked(&clinic, &[7], 2025), revoked(&other, &[], 2100)] {
        desk.put("crl.pem", list);
        serving.signal("HUP");
        moretta_tests::serving::await_that("the new list", || status(&eight) == 0);
        ask(open(&serving, &clinic.pem, None, &TLS13), &[("authorization", &bearer("etl-2"))]).assert_whole();
    }
    // What is no list leaves the last one.
    desk.put("crl.pem", "nothing");
    serving.signal("HUP");
    serving.await_logged("certificates-kept");
    assert_eq!(status(&eight), 0);
}

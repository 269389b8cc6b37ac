//! The subject of a certificate, as one text (RFC 4514).
//!
//! The certificate was verified before this: what is not as in RFC 5280 here has no subject, and is nobody's.

/// The attribute types that have a name in RFC 4514 (section 3), by their object identifier in DER.
const NAMES: [(&[u8], &str); 9] = [
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 9], "STREET"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "DC"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], "UID"),
];

const INTEGER: u8 = 0x02;
const IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// The version of a certificate, which one of version 1 has not.
const VERSION: u8 = 0xa0;
/// UTF8String, PrintableString and IA5String, which are all UTF-8.
const TEXTS: [u8; 3] = [0x0c, 0x13, 0x16];

/// The subject of a certificate in DER: the most special part first, `CN=etl,OU=data,O=Clinic`. None of one without a
/// subject, or with parts that have no name above.
pub(crate) fn subject_of(certificate: &[u8]) -> Option<String> {
    let mut certificate = Reader(Reader(certificate).take(SEQUENCE)?);
    let mut fields = Reader(certificate.take(SEQUENCE)?);
    if fields.0.first() == Some(&VERSION) {
        fields.take(VERSION)?;
    }
    // Serial number, signature, issuer and validity stand before the subject.
    for tag in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE] {
        fields.take(tag)?;
    }
    let mut subject = Reader(fields.take(SEQUENCE)?);
    let mut parts = Vec::new();
    while !subject.0.is_empty() {
        let mut attributes = Reader(subject.take(SET)?);
        let mut together = Vec::new();
        while !attributes.0.is_empty() {
            together.push(attribute(attributes.take(SEQUENCE)?)?);
        }
        parts.push(together.join("+"));
    }
    parts.reverse();
    (!parts.is_empty()).then(|| parts.join(","))
}

fn attribute(bytes: &[u8]) -> Option<String> {
    let mut fields = Reader(bytes);
    let identifier = fields.take(IDENTIFIER)?;
    let (_, name) = NAMES.iter().find(|(known, _)| *known == identifier)?;
    let tag = *fields.0.first()?;
    let value = fields.take(tag).filter(|_| TEXTS.contains(&tag) && fields.0.is_empty())?;
    Some(format!("{name}={}", escaped(std::str::from_utf8(value).ok()?)))
}

/// RFC 4514, section 2.4, so that no value looks like two parts.
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (at, letter) in value.chars().enumerate() {
        let outer = letter == ' ' && (at == 0 || at == last) || letter == '#' && at == 0;
        if letter.is_control() {
            letter.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| text.push_str(&format!("\\{byte:02X}")));
            continue;
        }
        if outer || "\"+,;<>\\=".contains(letter) {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

/// Reads one value of DER after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the next value, which has to have this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        let (length, rest) = length(rest).filter(|_| *found == tag)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }
}

/// The length that a value begins with, and what follows (X.690, section 8.1.3).
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let Some(count) = first.checked_sub(0x80) else { return Some((usize::from(*first), rest)) };
    if !(1..=4).contains(&count) {
        return None;
    }
    let (digits, rest) = rest.split_at_checked(count.into())?;
    let length = digits.iter().fold(0_u64, |length, digit| length << 8 | u64::from(*digit));
    Some((usize::try_from(length).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut value = vec![tag];
        match content.len() {
            length @ 0..0x80 => value.push(length as u8),
            length => value.extend([0x82, (length >> 8) as u8, length as u8]),
        }
        value.extend(content);
        value
    }

    fn certificate(parts: &[&[(&[u8], &str)]]) -> Vec<u8> {
        let attribute =
            |(oid, value): &(&[u8], &str)| tlv(SEQUENCE, &[tlv(IDENTIFIER, oid), tlv(0x0c, value.as_bytes())].concat());
        let part = |attributes: &&[(&[u8], &str)]| tlv(SET, &attributes.iter().flat_map(attribute).collect::<Vec<_>>());
        let subject = tlv(SEQUENCE, &parts.iter().flat_map(part).collect::<Vec<_>>());
        let [version, serial, sequence] = [tlv(VERSION, &[2, 1, 2]), tlv(INTEGER, &[1]), tlv(SEQUENCE, &[])];
        let before = [version, serial, sequence.clone(), sequence.clone(), sequence].concat();
        tlv(SEQUENCE, &tlv(SEQUENCE, &[before, subject, tlv(SEQUENCE, &[0; 300])].concat()))
    }

    const CN: &[u8] = &[0x55, 4, 3];
    const O: &[u8] = &[0x55, 4, 10];

    #[test]
    fn the_most_special_part_comes_first() {
        let certificate = certificate(&[&[(O, "Clinic")], &[(CN, "etl")]]);
        assert_eq!(subject_of(&certificate).as_deref(), Some("CN=etl,O=Clinic"));
    }

    #[test]
    fn no_value_looks_like_two_parts() {
        let certificate = certificate(&[&[(CN, "etl,O=Clinic")]]);
        assert_eq!(subject_of(&certificate).as_deref(), Some("CN=etl\\,O\\=Clinic"));
        assert_eq!(escaped(" #a\n "), "\\ #a\\0A\\ ");
    }

    #[test]
    fn what_is_cut_off_or_unknown_is_nobody() {
        let whole = certificate(&[&[(CN, "etl")]]);
        assert!((0..whole.len()).all(|length| subject_of(&whole[..length]).is_none()));
        assert_eq!(subject_of(&certificate(&[])), None);
        assert_eq!(subject_of(&certificate(&[&[(&[0x55, 4, 99], "etl")]])), None);
    }
}

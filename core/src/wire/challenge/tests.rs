use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::*;

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A challenge as a test writes it: scheme, token68 if any, parameters.
fn told(challenge: &Challenge) -> (&str, Option<&str>, Vec<(&str, &str)>) {
    assert_eq!(challenge.ambiguous().count(), 0);
    (challenge.scheme(), challenge.token68(), challenge.params().collect())
}

#[track_caller]
fn assert_reads(field: impl AsRef<[u8]>, expected: &[(&str, Option<&str>, Pairs<'_>)]) {
    let field = field.as_ref();
    let shown = String::from_utf8_lossy(field);
    let challenges = Challenge::parse(field).unwrap_or_else(|error| panic!("{shown}: {error}"));
    let read: Vec<_> = challenges.iter().map(told).collect();
    let expected: Vec<_> =
        expected.iter().map(|(s, t, params)| (*s, *t, params.to_vec())).collect();
    assert_eq!(read, expected, "{shown}");
}

fn only(field: impl AsRef<[u8]>) -> Challenge {
    let mut challenges = Challenge::parse(field.as_ref()).unwrap();
    assert_eq!(challenges.len(), 1);
    challenges.remove(0)
}

#[test]
fn challenges_come_in_order_with_their_own_parameters() {
    let basic = ("basic", None, &[("realm", "b")][..]);
    for (field, expected) in [
        ("Bearer", &[("bearer", None, &[][..])][..]),
        (r#"Bearer realm="a""#, &[("bearer", None, &[("realm", "a")])]),
        (r#"BEARER REALM="A""#, &[("bearer", None, &[("realm", "A")])]),
        ("Bearer, Basic realm=b", &[("bearer", None, &[]), basic]),
        ("Basic realm=b, Bearer", &[basic, ("bearer", None, &[])]),
        ("Bearer , Basic realm=b", &[("bearer", None, &[]), basic]),
        (
            "Bearer a=1,b=2, Basic realm=b,Bearer c=3",
            &[("bearer", None, &[("a", "1"), ("b", "2")]), basic, ("bearer", None, &[("c", "3")])],
        ),
        // RFC 9110 section 11.6.1.
        (
            r#"Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple""#,
            &[
                (
                    "newauth",
                    None,
                    &[("realm", "apps"), ("type", "1"), ("title", r#"Login to "apps""#)],
                ),
                ("basic", None, &[("realm", "simple")]),
            ],
        ),
    ] {
        assert_reads(field, expected);
    }
}

#[test]
fn a_token68_stands_in_the_place_of_parameters() {
    let bearer = ("bearer", None, &[("a", "1")][..]);
    for (field, expected) in [
        ("Negotiate abc", &[("negotiate", Some("abc"), &[][..])][..]),
        ("Negotiate abc=", &[("negotiate", Some("abc="), &[])]),
        ("Negotiate abc== ", &[("negotiate", Some("abc=="), &[])]),
        ("Negotiate aB9-._~+/===", &[("negotiate", Some("aB9-._~+/==="), &[])]),
        ("Negotiate ab/c, Bearer a=1", &[("negotiate", Some("ab/c"), &[]), bearer]),
        ("Negotiate abc= ,Bearer a=1", &[("negotiate", Some("abc="), &[]), bearer]),
        ("Bearer a=1, NTLM abc==", &[bearer, ("ntlm", Some("abc=="), &[])]),
        ("NTLM a, NTLM b=", &[("ntlm", Some("a"), &[]), ("ntlm", Some("b="), &[])]),
        // A value behind the sign makes it a parameter.
        ("Negotiate abc=d", &[("negotiate", None, &[("abc", "d")])]),
        ("Negotiate abc= d", &[("negotiate", None, &[("abc", "d")])]),
        (r#"Negotiate abc="""#, &[("negotiate", None, &[("abc", "")])]),
    ] {
        assert_reads(field, expected);
    }
}

#[test]
fn what_stands_in_quotes_is_data() {
    for (quoted, value) in [
        (r#""""#, ""),
        (r#"" a ""#, " a "),
        (r#""a, Basic realm=b, error=c""#, "a, Basic realm=b, error=c"),
        (r#""x=\"y\", z""#, r#"x="y", z"#),
        (r#""\\""#, r"\"),
        (r#""\\\"""#, r#"\""#),
        (r#""\a\,\=""#, "a,="),
        ("\"a\tb\\\tc\"", "a\tb\tc"),
        (r#""{}[]()<>@;:/?""#, "{}[]()<>@;:/?"),
    ] {
        let field = format!("Bearer a={quoted}, b=2");
        assert_reads(field, &[("bearer", None, &[("a", value), ("b", "2")])]);
    }
}

#[test]
fn empty_elements_and_loose_white_space_are_put_up_with() {
    let expected: &[_] = &[("bearer", None, &[("a", "1"), ("b", "2")][..]), ("basic", None, &[])];
    for field in [
        "Bearer a=1,b=2,Basic",
        "Bearer   a = 1  ,  b\t=\t\"2\" , Basic  ",
        "\tBearer\ta=1\t,\tb=2,\tBasic\t",
        ", ,Bearer a=1,,, b=2 ,,\t, Basic,,",
        "Bearer , a=1, b=2, Basic",
        // Servers do write this; there is no other scheme that it could belong to.
        "Bearer, a=1, b=2, Basic",
    ] {
        assert_reads(field, expected);
    }
    for field in ["", " ", "\t", ",", " , ,\t,"] {
        assert_reads(field, &[]);
    }
}

#[test]
fn text_that_is_not_ascii_is_utf_8_or_else_latin_1() {
    for (bytes, value) in [
        ("ผิด é".as_bytes(), "ผิด é"),
        (b"caf\xe9", "caf\u{e9}"),
        (b"caf\\\xe9", "caf\u{e9}"),
        // UTF-8 in quoted pairs, one for each byte.
        (b"\\\xc3\\\xa9", "é"),
        // One byte that is not UTF-8 makes Latin-1 of all.
        (b"\xc3\xa9\xff", "\u{c3}\u{a9}\u{ff}"),
        (b"\x80\xff", "\u{80}\u{ff}"),
    ] {
        let field = [b"Bearer a=\"", bytes, b"\", b=\"\xc3\xa9\""].concat();
        assert_reads(field, &[("bearer", None, &[("a", value), ("b", "é")])]);
    }
}

#[test]
fn a_malformed_field_is_refused_with_the_place_and_no_parameter_is_invented() {
    const COMMA: &str = "there is no comma where one is needed";
    const NAME: &str = "there is no name or value where one is needed";
    const SCHEME: &str = "a parameter has no scheme";
    const END: &str = "a quoted text has no end";
    const CONTROL: &str = "a quoted text has a control character";
    for (field, what, place) in [
        ("error=\"invalid_token\"", SCHEME, 6),
        (", error=x", SCHEME, 8),
        ("=x", NAME, 1),
        ("Negotiate abc==, error=x", SCHEME, 23),
        ("Negotiate abc, error=x", SCHEME, 21),
        ("Negotiate abc== ???", NAME, 15),
        ("Negotiate abc def", "there is no = where one is needed", 15),
        ("Negotiate a/b=c", "there is no = where one is needed", 12),
        ("Negotiate =", SCHEME, 11),
        ("Bearer a=b=c", COMMA, 11),
        ("Bearer a==b", NAME, 10),
        ("Bearer a = ", NAME, 12),
        // All of the element is a token68 with padding.
        ("Bearer a= , b=1", SCHEME, 14),
        ("Bearer a=1, b=", NAME, 15),
        ("Bearer a=1, b=, c=2", NAME, 15),
        ("Bearer a=1 b=2", COMMA, 12),
        ("Bearer a=\"1\"b=2", COMMA, 13),
        ("Bearer a=1; b=2", COMMA, 11),
        ("Bearer\"a\"", COMMA, 7),
        ("Bearer: a=1", COMMA, 7),
        ("\"Bearer\" a=1", NAME, 1),
        ("Bearer a=\"1", END, 12),
        ("Bearer a=\"", END, 11),
        ("Bearer a=\"1\\", END, 12),
        ("Bearer a=\"1\\\"", END, 14),
        ("Bearer a=\"1\\\", error=invalid_token", END, 35),
        ("Bearer a=\"\r\n b\"", CONTROL, 11),
        ("Bearer a=\"\\\0\"", CONTROL, 11),
        ("Bearer a=\"\u{7f}\"", CONTROL, 11),
        ("Bearer a=\u{7}", NAME, 10),
        ("Bearer\r\n a=1", COMMA, 7),
        ("Bearer a=1,\n b=2", NAME, 12),
        ("Bearer\0", COMMA, 7),
        ("Béarer", COMMA, 2),
        ("Bearer réalm=a", "there is no = where one is needed", 9),
        ("Bearer a=é", NAME, 10),
        ("Bearer\u{a0}a=1", COMMA, 7),
    ] {
        let error = Challenge::parse(field.as_bytes()).expect_err(field);
        assert_eq!((error.what, error.place), (what, place), "{field:?}");
    }
}

#[test]
fn the_error_says_what_is_wrong_and_where_and_repeats_nothing() {
    let error = Challenge::parse(b"Bearer error_description=\"at-s3cr3t").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server's WWW-Authenticate cannot be read: a quoted text has no end, at byte 36 of \
         the field (RFC 9110 section 11.6.1)"
    );
    assert!(!format!("{error:?}").contains("s3cr3t"));
}

#[test]
fn a_parameter_that_comes_twice_is_ambiguous_and_not_acted_on() {
    let challenge = only(
        "Bearer error=invalid_token, scope=a, ERROR=\"insufficient_scope\", realm=x, Realm=x, error=c",
    );
    assert_eq!(challenge.error(), None);
    assert_eq!((challenge.param("error"), challenge.param("Realm")), (None, None));
    assert_eq!(challenge.ambiguous().collect::<Vec<_>>(), ["error", "realm"]);
    assert_eq!(challenge.params().collect::<Vec<_>>(), [("scope", "a")]);
    // In two challenges it is not.
    let both = Challenge::parse(b"Bearer error=a, Bearer error=b").unwrap();
    assert_eq!(both.iter().map(Challenge::error).collect::<Vec<_>>(), [Some("a"), Some("b")]);
    assert!(both.iter().all(|challenge| challenge.ambiguous().next().is_none()));
}

#[test]
fn what_rfc_6750_and_rfc_9470_name_is_at_hand() {
    let challenge = only(
        r#"Bearer error="insufficient_user_authentication", error_description="Log in again",
           acr_values="myACR", max_age="5", scope="a b  a""#
            .replace('\n', " "),
    );
    assert_eq!(challenge.error(), Some("insufficient_user_authentication"));
    assert_eq!(challenge.error_description(), Some("Log in again"));
    assert_eq!(
        (challenge.param("ACR_Values"), challenge.param("max_age")),
        (Some("myACR"), Some("5"))
    );
    assert!(challenge.scope().unwrap().contains("b"));
    assert_eq!(challenge.param("realm"), None);
}

#[test]
fn a_scope_that_is_none_is_none() {
    for field in [
        "Bearer",
        r#"Bearer scope="""#,
        r#"Bearer scope="  ""#,
        r#"Bearer scope="a \"b\"""#,
        "Bearer scope=\"é\"",
        "Bearer scope=a, scope=a",
    ] {
        assert_eq!(only(field).scope(), None, "{field}");
    }
}

#[test]
fn a_servers_text_cannot_do_anything_to_whoever_prints_it() {
    let field = "Negotiate t0ken68==, Bearer error=a, error=b, \
                 error_description=\"\u{1b}[2J \u{202e}x \u{85}\"";
    // An escape character does not even get in.
    assert!(Challenge::parse(field.as_bytes()).is_err());
    let challenges = Challenge::parse(field.replace('\u{1b}', "\t").as_bytes()).unwrap();
    assert_eq!(
        format!("{challenges:?}"),
        "[Challenge { scheme: \"negotiate\", token68: [redacted], 9 bytes, params: {} }, \
         Challenge { scheme: \"bearer\", params: {\"error\": [ambiguous], \
         \"error_description\": \"\\u{9}[2J \\u{202e}x \\u{85}\"} }]"
    );
    let long = only(format!("Bearer {0}={0}", "a".repeat(30_000)));
    assert!(format!("{long:?}").len() < 600);
}

/// Megabytes, so that quadratic time would be minutes.
#[test]
fn long_fields_are_read_in_linear_time() {
    const COUNT: usize = 1 << 20;
    let repeat = |prefix: &str, unit: &str, suffix: &str| {
        [prefix, &unit.repeat(COUNT), suffix].concat().into_bytes()
    };
    assert_eq!(only(repeat("", ",", "Bearer")).scheme(), "bearer");
    assert_eq!(only(repeat("Bearer a", " ", "=1")).param("a"), Some("1"));
    assert_eq!(Challenge::parse(&repeat("", "B a,", "")).unwrap().len(), COUNT);
    assert_eq!(only(repeat("Bearer a=\"", "\\\"", "\"")).param("a").unwrap().len(), COUNT);
    assert!(Challenge::parse(&repeat("Bearer a=", "\"", "")).is_err());
    assert!(Challenge::parse(&repeat("Bearer ", "=", "")).is_err());
    assert!(Challenge::parse(&repeat("Bearer ", "a= ", "")).is_err());
    let twice = only(repeat("Bearer ", "a=1,", ""));
    assert_eq!(twice.ambiguous().collect::<Vec<_>>(), ["a"]);
    let names: Vec<String> = (0..COUNT / 8).map(|number| format!("p{number}=v")).collect();
    let many = only(["Bearer ", &names.join(","), ",p7=w"].concat());
    assert_eq!(many.params().count(), names.len() - 1);
    assert_eq!(many.params().last().unwrap().0, format!("p{}", names.len() - 1));
    assert_eq!(many.ambiguous().collect::<Vec<_>>(), ["p7"]);
}

#[test]
fn no_piece_of_a_field_and_no_field_with_a_byte_changed_is_too_much() {
    let field =
        br#"Newauth realm="a\"b", t=1 , Negotiate YQ==, Bearer error="invalid_token", x = y"#;
    for end in 0..field.len() {
        drop(Challenge::parse(&field[..end]));
        drop(Challenge::parse(&field[end..]));
        for byte in 0..=255 {
            let mut changed = field.to_vec();
            changed[end] = byte;
            for challenge in Challenge::parse(&changed).into_iter().flatten() {
                assert!(!challenge.scheme().is_empty());
                assert!(challenge.params().all(|(name, _)| !name.is_empty()));
            }
        }
    }
}

#[cfg(feature = "http")]
#[test]
fn all_lines_of_an_answer_count_but_the_malformed_ones() {
    let mut headers = http::HeaderMap::new();
    assert!(Challenge::in_headers(&headers).is_empty());
    for line in [&b"Basic realm=\"a\", NTLM"[..], b"Bearer error=\"x", b"Bearer error=\"\xe9\""] {
        headers.append("www-authenticate", http::HeaderValue::from_bytes(line).unwrap());
    }
    headers.append("proxy-authenticate", http::HeaderValue::from_static("Bearer error=y"));
    let challenges = Challenge::in_headers(&headers);
    let schemes: Vec<&str> = challenges.iter().map(Challenge::scheme).collect();
    assert_eq!(schemes, ["basic", "ntlm", "bearer"]);
    assert_eq!(challenges[2].error(), Some("\u{e9}"));
}

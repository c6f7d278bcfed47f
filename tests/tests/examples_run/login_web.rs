//! The web application, at a real browser.

use std::fs;
use std::path::Path;

use grantflow_tests::clients;
use grantflow_tests::peers::chromium::Chromium;
use grantflow_tests::sandbox::credentials::{PASSWORD, USERNAME};
use http::Response;
use ureq::Body;

use crate::running::Running;

/// The application, and the port where it listens: the one that the partner knows may be somebody
/// else's.
fn start() -> (Running, String) {
    let mut running = Running::start("login_web", &[("LISTEN", "127.0.0.1:0")]);
    let said = running.line("Open http://127.0.0.1:3000/ (it listens at ");
    (running, said.trim_end_matches(')').to_owned())
}

/// The application, and a browser that finds it where the partner thinks it is.
fn open() -> (Running, Chromium, String) {
    let (running, place) = start();
    let rules = format!(
        "--host-resolver-rules=MAP 127.0.0.1:3000 {place}, MAP * ~NOTFOUND, EXCLUDE localhost"
    );
    // The sandbox's certificate is its own.
    let flags = [rules.as_str(), "--ignore-certificate-errors"];
    let browser = Chromium::open("http://127.0.0.1:3000/", &flags).unwrap();
    (running, browser, place)
}

fn click(browser: &mut Chromium, label: &str) {
    let find = "[...document.querySelectorAll('button')].find((it) => it.textContent.trim() ===";
    browser.press(&format!("{find} {label:?}).click()")).unwrap();
}

fn text(browser: &mut Chromium) -> String {
    browser.ask("document.body.innerText").unwrap().as_str().unwrap().to_owned()
}

/// Logs in at the partner, which asks for a business.
fn log_in(browser: &mut Chromium, business: &str) {
    let fill = format!(
        "document.forms[0].username.value = {USERNAME:?};
         document.forms[0].password.value = {PASSWORD:?};
         document.forms[0].querySelector('button').click()"
    );
    browser.press(&fill).unwrap();
    let choose = format!("document.querySelector('[value={business}]').checked = true");
    browser.ask(&choose).unwrap();
}

/// Who the browser is to the application.
fn visitor(browser: &mut Chromium) -> String {
    let cookies = browser.cookies("http://127.0.0.1:3000/").unwrap();
    let cookie = cookies.get(0).unwrap();
    assert_eq!(cookie.get("httpOnly"), Some(&true.into()));
    assert_eq!(cookie.get("sameSite"), Some(&"Lax".into()));
    format!("visitor={}", cookie.get("value").unwrap().as_str().unwrap())
}

/// What the application answers to somebody with this cookie.
fn get(place: &str, path: &str, cookie: &str) -> Response<Body> {
    let request = clients::blocking("").get(format!("http://{place}{path}"));
    request.header("Host", "127.0.0.1:3000").header("Cookie", cookie).call().unwrap()
}

/// Looks at the page on a phone and on a desktop, and keeps the pictures.
fn fits(browser: &mut Chromium, name: &str) {
    for (width, dark) in [(360, false), (360, true), (1280, false), (1280, true)] {
        let shade = if dark { "dark" } else { "light" };
        let file = format!("login_web-{name}-{width}-{shade}.png");
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
        browser.picture(&file, width, dark).unwrap();
        let excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.ask(excess).unwrap(), 0, "{name} is too wide for {width} pixels");
    }
}

#[test]
fn a_user_connects_two_businesses_uses_them_and_disconnects() {
    let (running, mut browser, _) = open();
    fits(&mut browser, "welcome");
    click(&mut browser, "Connect FlowAccount");
    log_in(&mut browser, "FA100234");
    click(&mut browser, "Connect");
    let said = text(&mut browser);
    assert!(said.contains("Baan Kafae Coffee House is connected."), "{said}");
    assert!(said.contains("ร้านบ้านกาแฟ · FA100234"), "{said}");
    assert!(said.contains("token for 60 min"), "{said}");
    // The code is not in the address bar, and no script could read the cookie.
    assert_eq!(browser.ask("location.href + document.cookie").unwrap(), "http://127.0.0.1:3000/");

    click(&mut browser, "Call the API");
    let said = text(&mut browser);
    assert!(said.contains("it knows this business as Baan Kafae Coffee House"), "{said}");
    click(&mut browser, "Refresh the token");
    let said = text(&mut browser);
    assert!(said.contains("There is a new access token"), "{said}");

    click(&mut browser, "Connect another business");
    log_in(&mut browser, "FA100777");
    click(&mut browser, "Connect");
    let said = text(&mut browser);
    assert!(said.contains("Chiang Mai Fruit & Export is connected."), "{said}");
    fits(&mut browser, "connected");

    click(&mut browser, "Disconnect");
    let said = text(&mut browser);
    assert!(said.contains("Baan Kafae Coffee House is disconnected"), "{said}");
    assert!(!said.contains("FA100234") && said.contains("FA100777"), "{said}");
    click(&mut browser, "Disconnect");
    assert!(text(&mut browser).contains("Connect FlowAccount"));

    drop(browser);
    running.interrupt();
    let run = running.end();
    assert!(run.succeeded && run.stdout.ends_with("All sessions are saved.\n"), "{}", run.stderr);
    assert_eq!(run.stderr, "");
    run.says_no_secret_but(&[]);
}

#[test]
fn whoever_knew_the_cookie_before_the_login_does_not_know_it_after() {
    let (running, mut browser, place) = open();
    click(&mut browser, "Connect FlowAccount");
    log_in(&mut browser, "FA100234");
    let before = visitor(&mut browser);
    click(&mut browser, "Connect");
    let after = visitor(&mut browser);
    assert_ne!(before, after);
    for (cookie, is_connected) in [(before, false), (after, true)] {
        let page = get(&place, "/", &cookie).body_mut().read_to_string().unwrap();
        assert_eq!(page.contains("FA100234"), is_connected, "{page}");
    }
    running.interrupt();
    assert!(running.end().succeeded);
}

#[test]
fn a_connection_that_is_over_can_be_made_again() {
    let (running, mut browser, _) = open();
    click(&mut browser, "Connect FlowAccount");
    log_in(&mut browser, "FA100234");
    click(&mut browser, "Connect");
    // As where another process has logged the user out.
    for folder in fs::read_dir(running.folder()).unwrap().flatten() {
        for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            fs::remove_file(file.path()).unwrap();
        }
    }
    click(&mut browser, "Refresh the token");
    let said = text(&mut browser);
    assert!(said.contains("To go on, connect the business again."), "{said}");
    assert!(said.contains("Not connected any more"), "{said}");
    fits(&mut browser, "over");
    click(&mut browser, "Connect again");
    log_in(&mut browser, "FA100234");
    click(&mut browser, "Connect");
    click(&mut browser, "Call the API");
    let said = text(&mut browser);
    assert!(said.contains("The API works") && said.contains("token for 60 min"), "{said}");
    assert_eq!(said.matches("FA100234").count(), 1, "{said}");
    running.interrupt();
    assert!(running.end().succeeded);
}

#[test]
fn a_user_who_says_no_is_told_how_to_go_on() {
    let (running, mut browser, _) = open();
    click(&mut browser, "Connect FlowAccount");
    log_in(&mut browser, "FA100234");
    click(&mut browser, "Refuse");
    let said = text(&mut browser);
    assert!(said.contains("No business was connected."), "{said}");
    assert!(said.contains("Connect FlowAccount"), "{said}");
    fits(&mut browser, "refused");
    drop(browser);
    running.interrupt();
    let run = running.end();
    assert!(run.stderr.contains("access_denied"), "{}", run.stderr);
    run.says_no_secret_but(&[]);
}

#[test]
fn what_other_sites_and_strangers_send_changes_nothing() {
    let (running, place) = start();
    let agent = clients::blocking("");
    let own = "http://127.0.0.1:3000";
    let connect = |host: &str, origin: &str| {
        let request = agent.post(format!("http://{place}/connect")).header("Host", host);
        request.header("Origin", origin).send_empty().unwrap()
    };
    for (host, origin, status) in [
        ("127.0.0.1:3000", "https://another.example", 403),
        ("127.0.0.1:3000", "null", 403),
        ("127.0.0.1:3000", "http://127.0.0.1:30000", 403),
        ("another.example:3000", own, 421),
        ("127.0.0.1:3000", own, 303),
    ] {
        let answer = connect(host, origin);
        assert_eq!(answer.status(), status, "{host} {origin}");
        assert_eq!(answer.headers().contains_key("set-cookie"), status == 303);
    }
    let answer = connect("127.0.0.1:3000", own);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    let visitor = cookie.split(';').next().unwrap();
    // The login goes on waiting, each time.
    for _ in 0..2 {
        let answer = get(&place, STRANGERS, visitor);
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["location"]),
            (303, &"/".parse().unwrap())
        );
        let page = get(&place, "/", visitor).body_mut().read_to_string().unwrap();
        assert!(page.contains("That was not the answer to your login."), "{page}");
    }
    for nobody in ["", "visitor=", "visitor=another", "other=1"] {
        let answer = get(&place, STRANGERS, nobody);
        assert!(!answer.headers().contains_key("set-cookie"));
        let page = get(&place, "/", nobody).body_mut().read_to_string().unwrap();
        assert!(!page.contains("notice"), "{page}");
    }
    running.interrupt();
    assert!(running.end().stderr.contains("the login goes on waiting"));
}

/// A callback to a login that is not this visitor's.
const STRANGERS: &str = "/callback?code=stolen&state=another";

//! What the user sees: plain HTML, no scripts, every value escaped.

use std::fmt::Write;

use grantflow_hyper::grantflow::Advice;
use grantflow_tests::sandbox::credentials::{PASSWORD, USERNAME};

use crate::partner::{Business, Trouble};

/// One sentence at the top of the next page.
pub(crate) struct Notice {
    is_good: bool,
    text: String,
}

impl Notice {
    pub(crate) fn good(text: String) -> Self {
        Self { is_good: true, text }
    }

    /// What the user can do about it; what it means where only a new login helps is for the caller
    /// to say. The error itself is for whoever runs this program.
    pub(crate) fn of(trouble: &Trouble, without_login: &str) -> Self {
        eprintln!("{}", trouble.sentence);
        let text = match trouble.advice {
            Advice::RetryAfter(pause) => {
                let seconds = pause.as_secs().max(1);
                format!("FlowAccount cannot be reached. Try again in {seconds} s.")
            }
            Advice::KeepWaiting => "That was not the answer to your login. Go on with it.".into(),
            Advice::Reauthorize | Advice::Uncertain => without_login.into(),
            _ => "This does not work, and it is not your fault. We have to look into it.".into(),
        };
        Self { is_good: false, text }
    }
}

pub(crate) const NOT_CONNECTED: &str =
    "No business was connected. You can try again whenever you like.";
pub(crate) const NO_LONGER_CONNECTED: &str =
    "FlowAccount has ended this connection. To go on, connect the business again.";

pub(crate) fn page(businesses: &[Business], notice: Option<&Notice>) -> String {
    let mut content = String::new();
    if let Some(Notice { is_good, text }) = notice {
        let (class, role) = if *is_good { ("good", "status") } else { ("bad", "alert") };
        let text = escape(text);
        // Writing to a string does not fail.
        let _ = writeln!(content, r#"<p class="notice {class}" role="{role}">{text}</p>"#);
    }
    if businesses.is_empty() {
        content.push_str(WELCOME);
    } else {
        content.push_str("<h1>Connected businesses</h1>\n<ul>\n");
        for business in businesses {
            content.push_str(&card(business));
        }
        content.push_str("</ul>\n");
        content.push_str(&connect("quiet", "Connect another business"));
    }
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Connected businesses</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
</head>
<body>
<header><a href="/">Shop desk</a></header>
<main>
{content}
</main>
<footer>FlowAccount is played by a sandbox; nothing here is real.<br>
Log in there as <b>{USERNAME}</b> with the password <b>{PASSWORD}</b>.</footer>
</body>
</html>
"#
    )
}

fn card(business: &Business) -> String {
    let Business { support_code, name, thai_name, is_over, .. } = business;
    let code = escape(support_code);
    let state = match (is_over, business.minutes()) {
        (true, _) => r#"<p class="state over">Not connected any more</p>"#.into(),
        (false, Some(minutes)) => {
            format!(r#"<p class="state">Connected <span>· token for {minutes} min</span></p>"#)
        }
        (false, None) => r#"<p class="state">Connected</p>"#.into(),
    };
    let button = |path, label, class| {
        format!(
            r#"<form method="post" action="/{path}"><input type="hidden" name="business" value="{code}">
<button class="{class}" aria-label="{label}: {name}">{label}</button></form>
"#,
            name = escape(name),
        )
    };
    let actions = if *is_over {
        connect("", "Connect again")
    } else {
        button("call", "Call the API", "") + &button("refresh", "Refresh the token", "quiet")
    };
    format!(
        r#"<li>
<h2>{name}</h2>
<p class="also"><span lang="th">{thai_name}</span> · {code}</p>
{state}
<div class="actions">
{actions}{disconnect}</div>
</li>
"#,
        name = escape(name),
        thai_name = escape(thai_name),
        disconnect =
            button("disconnect", if *is_over { "Remove" } else { "Disconnect" }, "quiet danger"),
    )
}

fn connect(class: &str, label: &str) -> String {
    format!(
        r#"<form method="post" action="/connect"><button class="{class}">{label}</button></form>
"#
    )
}

const WELCOME: &str = r#"<section class="welcome">
<h1>Bring your books along</h1>
<p>Connect FlowAccount, and your sales arrive in your accounts by themselves.</p>
<form method="post" action="/connect"><button>Connect FlowAccount</button></form>
<p class="also">You log in there and choose a business. Your password stays there, and you can
disconnect whenever you like.</p>
</section>
"#;

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

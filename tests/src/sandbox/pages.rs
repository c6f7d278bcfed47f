//! The pages that a user of `FlowAccount` sees: plain HTML, no scripts, every value escaped.

use std::fmt::Write;

use super::credentials::BUSINESSES;

/// The first form (F4).
pub(super) fn login(ticket: &str, failed: bool) -> String {
    let notice = if failed {
        "<p class=\"notice\" role=\"alert\">The user name or the password is wrong.</p>"
    } else {
        ""
    };
    page(
        "Log in",
        "เข้าสู่ระบบ",
        &format!(
            r#"{notice}
<form method="post" action="/connect/login">
<input type="hidden" name="ticket" value="{ticket}">
<label>User name <span lang="th">ชื่อผู้ใช้</span>
<input type="text" name="username" autocomplete="username" required autofocus></label>
<label>Password <span lang="th">รหัสผ่าน</span>
<input type="password" name="password" autocomplete="current-password" required></label>
<button type="submit">Log in</button>
</form>"#,
            ticket = escape(ticket),
        ),
    )
}

/// The second form (F4): which business, or none.
pub(super) fn business(ticket: &str) -> String {
    let mut choices = String::new();
    for (place, business) in BUSINESSES.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = write!(
            choices,
            r#"
<label class="choice"><input type="radio" name="supportCode" value="{code}"{checked}>
<span><b>{name}</b><br><span lang="th">{thai_name}</span> · {code}</span></label>"#,
            code = escape(business.support_code),
            checked = if place == 0 { " checked" } else { "" },
            name = escape(business.name),
            thai_name = escape(business.thai_name),
        );
    }
    page(
        "Choose a business",
        "เลือกธุรกิจ",
        &format!(
            r#"<p>The application will work with the business that you choose.</p>
<form method="post" action="/connect/business">
<input type="hidden" name="ticket" value="{ticket}">{choices}
<button type="submit" name="decision" value="connect">Connect</button>
<button type="submit" name="decision" value="refuse" class="quiet">Refuse</button>
</form>"#,
            ticket = escape(ticket),
        ),
    )
}

/// A fault that may not be sent to the application.
pub(super) fn fault(text: &str) -> String {
    page("This does not work", "เกิดข้อผิดพลาด", &format!("<p>{}</p>", escape(text)))
}

fn page(title: &str, thai_title: &str, content: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · FlowAccount sandbox</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{title} <span lang="th">{thai_title}</span></h1>
{content}
</main>
<footer>FlowAccount sandbox: nothing here is real.</footer>
</body>
</html>
"#
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

const STYLE: &str = "
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 10vh 1rem 2rem; }
main { max-width: 24rem; margin: 0 auto; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
h1 span { font-weight: normal; opacity: .6; }
label { display: block; margin: 0 0 1rem; }
label span[lang] { opacity: .6; }
input[type=text], input[type=password] { display: block; width: 100%; box-sizing: border-box;
  padding: .6rem; font: inherit; border: 1px solid #8888; border-radius: .4rem; }
.choice { display: flex; gap: .8rem; align-items: center; padding: .8rem;
  border: 1px solid #8888; border-radius: .4rem; }
button { padding: .6rem 1.2rem; font: inherit; color: #fff; background: #1a6fb5; cursor: pointer;
  border: 1px solid #1a6fb5; border-radius: .4rem; }
button.quiet { color: inherit; background: none; border-color: #8888; }
.notice { padding: .6rem .8rem; border-left: .25rem solid #c33; background: #c332; }
footer { max-width: 24rem; margin: 3rem auto 0; font-size: .85rem; opacity: .6; }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_break_out_of_its_place() {
        assert_eq!(
            escape(r#"<b title="a&b">it's</b>"#),
            "&lt;b title=&quot;a&amp;b&quot;&gt;it&#39;s&lt;/b&gt;"
        );
    }
}

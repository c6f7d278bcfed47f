//! The user: walks through whatever pages a server has, until they send the browser back.

use std::collections::BTreeMap;

use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{Response, Uri};
use ureq::{Agent, Body};

use super::Trouble;
use crate::browser::{Form, attribute};
use crate::clients;

/// What the user thinks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mind {
    Agrees,
    Refuses,
}

/// A user at a browser that knows forms, redirects and cookies, and no scripts.
pub(super) struct User {
    agent: Agent,
    cookies: BTreeMap<String, String>,
    mind: Mind,
}

impl User {
    pub(super) fn who(mind: Mind) -> Self {
        Self { agent: clients::blocking(""), cookies: BTreeMap::new(), mind }
    }

    /// Goes to the login page, and comes back to the redirect URI with this URL, or with this form
    /// where the last page is one that a browser posts there by itself.
    pub(super) fn log_in(mut self, page: &str, redirect_uri: &str) -> Result<String, Trouble> {
        match self.walk(page, redirect_uri, "")? {
            End::Back(callback) => Ok(callback),
            End::Page(text) => Err(format!("the user is stuck at: {text}").into()),
        }
    }

    /// Types a device's code.
    pub(super) fn type_code(mut self, page: &str, user_code: &str) -> Result<(), Trouble> {
        match self.walk(page, "nowhere:", user_code)? {
            End::Back(callback) => Err(format!("the user was sent to {callback}").into()),
            End::Page(_) => Ok(()),
        }
    }

    fn walk(&mut self, page: &str, redirect_uri: &str, user_code: &str) -> Result<End, Trouble> {
        let mut url: Uri = page.parse()?;
        let (mut form, mut has_refused) = (None, false);
        for _ in 0..MOST_PAGES {
            let mut answer = self.ask(&url, form.take())?;
            // Some send the user back by a Location under another status than a redirect's.
            if let Some(location) = answer.headers().get(LOCATION) {
                let location = location.to_str()?;
                if location.starts_with(redirect_uri) {
                    return Ok(End::Back(location.to_owned()));
                }
                url = resolve(&url, location)?;
                continue;
            }
            let (status, html) = (answer.status(), answer.body_mut().read_to_string()?);
            if !status.is_success() {
                return Err(format!("{} says {status}: {html}", url.path()).into());
            }
            let next = Form::in_page(&html).filter(|_| !has_refused);
            let Some(mut next) = next else { return Ok(End::Page(html)) };
            if next.action.starts_with(redirect_uri) {
                let mut body = form_urlencoded::Serializer::new(String::new());
                return Ok(End::Back(body.extend_pairs(next.fields).finish()));
            }
            if let Some(link) = self.way_out(&html) {
                url = resolve(&url, &link)?;
                continue;
            }
            has_refused = self.fill_in(&mut next, user_code) && self.mind == Mind::Refuses;
            url = resolve(&url, &next.action)?;
            form = Some(next);
        }
        Err("the pages never end".into())
    }

    fn ask(&mut self, url: &Uri, form: Option<Form>) -> Result<Response<Body>, Trouble> {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let answer = match form {
            None => self.agent.get(url).header(COOKIE, cookies).call()?,
            Some(form) => self.agent.post(url).header(COOKIE, cookies).send_form(form.fields)?,
        };
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(answer)
    }

    /// Whether there was something to decide.
    fn fill_in(&self, form: &mut Form, user_code: &str) -> bool {
        form.fill("login", "anna");
        form.fill("password", "a password");
        if !user_code.is_empty() {
            form.fill("user_code", user_code);
        }
        let choices = match self.mind {
            Mind::Agrees => [("decision", "agree"), ("allowed", "true"), ("confirm", "yes")],
            Mind::Refuses => [("decision", "refuse"), ("allowed", "false"), ("abort", "yes")],
        };
        // Each server has a button of its own.
        let mut choices = choices.into_iter();
        choices.any(|(name, value)| form.choose(name, value).is_ok())
    }

    /// The link that a user takes who does not want to log in.
    fn way_out(&self, html: &str) -> Option<String> {
        let links = html.split('<').filter(|tag| tag.starts_with("a "));
        let mut links = links.filter_map(|tag| attribute(tag, "href"));
        links.find(|link| self.mind == Mind::Refuses && link.ends_with("/abort"))
    }
}

enum End {
    Back(String),
    Page(String),
}

fn resolve(page: &Uri, link: &str) -> Result<Uri, Trouble> {
    if link.is_empty() {
        return Ok(page.clone());
    }
    if link.contains("://") {
        return Ok(link.parse()?);
    }
    let authority = page.authority().map_or("", |authority| authority.as_str());
    Ok(Uri::builder().scheme("http").authority(authority).path_and_query(link).build()?)
}

const MOST_PAGES: usize = 20;

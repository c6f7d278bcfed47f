//! Plays the user: opens the login page over real HTTPS and fills in the forms that it finds.

use http::Uri;
use http::header::LOCATION;
use ureq::{Agent, Body};

/// A user at a browser that trusts the sandbox's certificate authority.
#[derive(Debug)]
pub struct Browser {
    agent: Agent,
}

impl Browser {
    /// Opens a browser that trusts this certificate authority and no other.
    ///
    /// A PEM without a certificate trusts nobody: every page then fails to load.
    pub fn new(ca_pem: &str) -> Self {
        Self { agent: crate::clients::blocking(ca_pem) }
    }

    /// Logs in, connects the business with this customer code, and returns the callback URL
    /// that the application would see: with a code, or with an error where the authorization
    /// request itself was at fault.
    ///
    /// # Errors
    /// Where the user would be left with a page instead.
    pub fn log_in(
        &self,
        authorization_url: &str,
        username: &str,
        password: &str,
        support_code: &str,
    ) -> Result<String, BrowserError> {
        self.walk(authorization_url, username, password, |form| {
            form.choose("supportCode", support_code)?;
            form.choose("decision", "connect")
        })
    }

    /// Logs in, presses the refuse button, and returns the callback URL that the application
    /// would see.
    ///
    /// # Errors
    /// Where the user would be left with a page instead.
    pub fn refuse(
        &self,
        authorization_url: &str,
        username: &str,
        password: &str,
    ) -> Result<String, BrowserError> {
        self.walk(authorization_url, username, password, |form| form.choose("decision", "refuse"))
    }

    fn walk(
        &self,
        authorization_url: &str,
        username: &str,
        password: &str,
        decide: impl FnOnce(&mut Form) -> Result<(), BrowserError>,
    ) -> Result<String, BrowserError> {
        let site: Uri = authorization_url.parse()?;
        let answer = self.agent.get(authorization_url).call()?;
        let mut login = match Page::of(answer)? {
            Page::Redirect(location) => return Ok(location),
            Page::Form(form) => form,
        };
        login.fill("username", username);
        login.fill("password", password);

        let mut business = match self.submit(&site, &login)? {
            Page::Redirect(location) => return Ok(location),
            Page::Form(form) => form,
        };
        decide(&mut business)?;

        match self.submit(&site, &business)? {
            Page::Redirect(location) => Ok(location),
            Page::Form(_) => Err(BrowserError::Stuck),
        }
    }

    fn submit(&self, site: &Uri, form: &Form) -> Result<Page, BrowserError> {
        let action = Uri::builder()
            .scheme(site.scheme_str().unwrap_or("https"))
            .authority(site.authority().map_or("", |authority| authority.as_str()))
            .path_and_query(form.action.as_str())
            .build()?;
        let fields = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Page::of(self.agent.post(action).send_form(fields)?)
    }
}

/// Why the user did not get back to the application.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrowserError {
    /// The page did not load.
    #[error("the page did not load: {0}")]
    Http(#[from] ureq::Error),
    /// The address is none.
    #[error("this is no address: {0}")]
    Address(#[from] http::Error),
    /// The page shows a fault: an unknown application, a wrong password, a login that is over.
    #[error("the page says {status}: {text}")]
    Fault {
        /// The page's HTTP status.
        status: u16,
        /// The first paragraph of the page.
        text: String,
    },
    /// The form offers no such choice.
    #[error("the form has no {name} {value:?}")]
    NoSuchChoice {
        /// The field's name.
        name: String,
        /// The value that was looked for.
        value: String,
    },
    /// There is neither a form nor a way on.
    #[error("the page has no way on")]
    Stuck,
}

impl From<http::uri::InvalidUri> for BrowserError {
    fn from(error: http::uri::InvalidUri) -> Self {
        Self::Address(error.into())
    }
}

/// What a browser sees next.
enum Page {
    Redirect(String),
    Form(Form),
}

impl Page {
    fn of(mut answer: http::Response<Body>) -> Result<Self, BrowserError> {
        if answer.status().is_redirection() {
            let location = answer.headers().get(LOCATION);
            let location = location.and_then(|value| value.to_str().ok());
            return location
                .map(|location| Self::Redirect(location.to_owned()))
                .ok_or(BrowserError::Stuck);
        }
        let html = answer.body_mut().read_to_string()?;
        if answer.status().is_success() {
            return Form::in_page(&html).map(Self::Form).ok_or(BrowserError::Stuck);
        }
        Err(BrowserError::Fault {
            status: answer.status().as_u16(),
            text: first_paragraph(&html).unwrap_or_default(),
        })
    }
}

/// A form as it is going to be sent.
pub(crate) struct Form {
    /// Where to; the page itself where it is empty.
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
    /// Radio buttons and named buttons: each is sent only where it is chosen.
    choices: Vec<(String, String)>,
}

impl Form {
    /// Reads the one form of a page. It knows as much HTML as the pages of our servers need.
    pub(crate) fn in_page(html: &str) -> Option<Self> {
        let mut form = Self { action: String::new(), fields: Vec::new(), choices: Vec::new() };
        let mut is_there = false;
        for tag in html.split('<').filter_map(|rest| rest.split('>').next()) {
            let kind = tag.split_whitespace().next();
            if kind == Some("form") {
                form.action = attribute(tag, "action")?;
                is_there = true;
            }
            let (Some(name), Some(value)) = (attribute(tag, "name"), attribute(tag, "value"))
            else {
                continue;
            };
            match (kind, attribute(tag, "type").as_deref()) {
                (Some("input"), Some("hidden")) => form.fields.push((name, value)),
                (Some("input"), Some("radio")) | (Some("button"), _) => {
                    form.choices.push((name, value));
                }
                _ => {}
            }
        }
        is_there.then_some(form)
    }

    /// In place of what stands in that field.
    pub(crate) fn fill(&mut self, name: &str, value: &str) {
        self.fields.retain(|(other, _)| other != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn choose(&mut self, name: &str, value: &str) -> Result<(), BrowserError> {
        let choice = (name.to_owned(), value.to_owned());
        if self.choices.contains(&choice) {
            self.fields.push(choice);
            return Ok(());
        }
        let (name, value) = choice;
        Err(BrowserError::NoSuchChoice { name, value })
    }
}

pub(crate) fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(unescape(value))
}

fn first_paragraph(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("<p")?;
    let (_, rest) = rest.split_once('>')?;
    let (text, _) = rest.split_once('<')?;
    Some(unescape(text))
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

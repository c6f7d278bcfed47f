//! Logins and logouts.

use grantflow::{Event, Login, Logout, Step, Stepwise, Store};

use super::World;
use crate::NOW;

impl World {
    pub fn log_in(&mut self) {
        self.logins += 1;
        let login = self.logins;
        self.newest.insert(login, 0);
        let record = format!(
            r#"{{"format":1,"client_id":"app","token_endpoint":"https://as.example.com/token",
                "access_token":"at-{login}-0","refresh_token":"rt-{login}-0",
                "sent_at":{},"expires_in":60}}"#,
            NOW.unix_seconds() + self.time / 1_000
        );
        let session = self.client.resume(serde_json::from_str(&record).unwrap()).unwrap();
        let mut machine = Login::new("anna", &session);
        self.change(&mut machine);
        machine.finish(session).unwrap();
    }

    pub fn log_out(&mut self) {
        let mut machine = Logout::new("anna", &self.client);
        self.change(&mut machine);
        machine.finish().unwrap();
    }

    fn change(&mut self, machine: &mut impl Stepwise) {
        let now = self.now(0);
        loop {
            let event = match machine.step(now) {
                Step::Load(key) => Event::Loaded(Store::load(&self.store, key)),
                Step::Swap { key, expected, new } => {
                    Event::Swapped(Store::compare_and_swap(&self.store, key, expected, new))
                }
                Step::Done => return,
                other => panic!("{other:?}"),
            };
            machine.take(event, now);
        }
    }
}

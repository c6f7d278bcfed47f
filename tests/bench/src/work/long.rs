//! A refresh token of 1,200 characters that is another one every time: the time that it takes.
//!
//! Instructions would not tell: what costs an encoder most here is that nobody can foresee which
//! characters have to be escaped.

use std::error::Error;
use std::time::Instant;

use super::{data, floor, grantflow, oauth2};
use crate::count::median;
use crate::subject::{Rounds, numbers};
use crate::table::{Amount, Row};

pub const SUBJECT: &str = "work/long refresh tokens";

/// Times the floor's.
const SLOWER: f64 = 1.5;

/// Requests that one makes in a turn. Then it is the next one's turn, so that what disturbs one
/// disturbs all.
const TURN: usize = 20;

pub fn measure() -> Result<Row, Box<dyn Error>> {
    let [grantflow, floor, oauth2, times] = numbers(SUBJECT, &[])?;
    Ok(Row {
        what: "refresh request, token of 1,200 characters, ns".into(),
        grantflow: Amount::new(grantflow),
        floor: Some(Amount::new(floor)),
        peers: vec![Some(Amount::new(oauth2))],
        goal: format!("≤ {SLOWER} × floor"),
        is_met: times <= SLOWER,
    })
}

/// Says what a request takes: of grantflow, of the floor, of oauth2, in nanoseconds; and the median of
/// the first by the second, in turns that follow each other.
pub fn refresh_requests(_: &Rounds<'_>) -> Result<(), Box<dyn Error>> {
    let (mut grantflow, mut floor, mut oauth2) = (
        grantflow::long_refresh_request()?,
        floor::long_refresh_request()?,
        oauth2::long_refresh_request()?,
    );
    let mut turn = || [timed(&mut grantflow), timed(&mut floor), timed(&mut oauth2)];
    // What is done once is done in the first.
    turn();
    let turns: Vec<[f64; 3]> = (1..data::LONG / TURN).map(|_| turn()).collect();
    let [grantflow, floor, oauth2] = [0, 1, 2].map(|who| median(turns.iter().map(|it| it[who])));
    let times = median(turns.iter().map(|[grantflow, floor, _]| grantflow / floor));
    println!("{grantflow} {floor} {oauth2} {times}");
    Ok(())
}

/// Nanoseconds of each of a turn's requests.
fn timed(request: &mut impl FnMut()) -> f64 {
    let begun = Instant::now();
    (0..TURN).for_each(|_| request());
    begun.elapsed().as_nanos() as f64 / TURN as f64
}

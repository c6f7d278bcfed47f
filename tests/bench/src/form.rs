//! A form as one writes it by hand, for the floor: a table says which bytes stand for themselves, and
//! whole runs of them are copied into one buffer that is large enough.

/// Names are written as they are: they have nothing to escape.
pub fn of(pairs: &[(&str, &str)]) -> Vec<u8> {
    let room = pairs.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
    let mut form = Vec::with_capacity(room);
    push_pairs(&mut form, pairs);
    form
}

/// Appends `name=value&name=value`.
pub fn push_pairs(form: &mut Vec<u8>, pairs: &[(&str, &str)]) {
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            form.push(b'&');
        }
        form.extend_from_slice(name.as_bytes());
        form.push(b'=');
        push_value(form, value);
    }
}

pub fn push_value(form: &mut Vec<u8>, value: &str) {
    let mut rest = value.as_bytes();
    loop {
        let ends = rest.iter().position(|byte| !STANDS[usize::from(*byte)]);
        let (run, escaped) = rest.split_at(ends.unwrap_or(rest.len()));
        form.extend_from_slice(run);
        let Some((&byte, after)) = escaped.split_first() else { return };
        match byte {
            b' ' => form.push(b'+'),
            _ => form.extend([b'%', digit(byte >> 4), digit(byte & 15)]),
        }
        rest = after;
    }
}

fn digit(half: u8) -> u8 {
    b"0123456789ABCDEF"[usize::from(half)]
}

const STANDS: [bool; 256] = {
    let mut stands = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        stands[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'-' | b'.' | b'_');
        byte += 1;
    }
    stands
};

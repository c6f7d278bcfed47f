//! One property after the other.

use super::lab::{Bench, Lab};
use super::report::Report;
use super::{basics, crowd, dropped, keys, values};

/// A property's name is its function's.
macro_rules! properties {
    ($lab:ident: $($module:ident::$property:ident,)+) => {{
        let mut report = Report::new();
        $(report.add(stringify!($property), $module::$property($lab).await);)+
        report
    }};
}

pub(super) async fn run<B: Bench>(lab: &Lab<B>) -> Report {
    properties! { lab:
        basics::an_unknown_key_has_nothing,
        basics::a_record_is_created_where_nothing_is,
        basics::a_version_expected_where_nothing_is_creates_nothing,
        basics::the_right_version_replaces,
        basics::a_stale_version_changes_nothing,
        basics::a_future_version_changes_nothing,
        basics::a_second_creation_changes_nothing,
        basics::a_conflict_is_false_and_no_error,
        basics::a_load_changes_nothing,
        basics::what_one_handle_writes_the_others_see,
        basics::a_handle_does_not_swap_by_what_it_remembers,
        values::bytes_come_back_as_they_were,
        values::an_empty_record_is_a_record,
        values::a_large_record_comes_back_whole,
        values::a_shorter_record_leaves_no_tail_of_a_longer,
        values::versions_come_back_as_they_were,
        values::versions_next_to_each_other_are_told_apart,
        values::versions_need_not_grow,
        values::the_same_bytes_with_a_new_version_are_a_new_record,
        keys::keys_that_differ_in_one_bit_are_apart,
        keys::a_swap_of_one_key_leaves_the_others_alone,
        crowd::of_many_who_create_at_once_one_wins,
        crowd::of_many_who_swap_at_once_one_wins,
        crowd::what_stands_there_is_the_winners,
        crowd::no_increment_of_a_counter_is_lost,
        crowd::writers_of_different_keys_do_not_disturb_each_other,
        crowd::who_reads_while_others_write_sees_whole_records,
        crowd::who_reads_while_others_write_sees_no_older_record_again,
        dropped::a_swap_that_is_dropped_leaves_the_key_in_order,
    }
}

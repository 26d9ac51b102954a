"""What other SDKs for the platform get wrong, and which test shows that this one does not.

A name may stand for several; ``test_defects`` finds those that are not written.
"""

from __future__ import annotations

from typing import Final

# What none of them has.
GAPS: Final = {
    "time-outs and deadlines": (
        "test_a_silent_server_is_given_up test_the_deadline_holds_over_all_attempts "
        "test_a_dripping_answer_ends_at_the_deadline"
    ),
    "repetition by what is safe": (
        "test_a_post_is_not_repeated_after_a_server_error test_a_post_is_repeated_after_429 "
        "test_the_tenants_wish_to_wait_is_obeyed test_pauses_grow_and_stay_below_their_bound"
    ),
    "one limit for calls and files": (
        "test_one_limit_holds_for_files_and_calls test_a_semaphore_bounds_the_requests_in_flight"
    ),
    "errors that tell what the tenant said": "test_each_status_has_its_error",
    "refusals that are no documents": (
        "test_no_body_is_too_strange_for_an_error test_a_refusal_without_a_document_is_told_by_its_status"
    ),
    "reports of partial failure": (
        "test_a_failure_among_many_loses_nothing "
        "test_the_first_failure_stops_the_verbs_and_all_is_told "
        "test_a_batch_that_fails_is_reported_measurement_by_measurement"
    ),
    "short and empty pages": (
        "test_short_and_empty_pages_are_no_end test_a_user_with_few_rights_still_sees_all_there_is"
    ),
    "lists that change while they are read": (
        "test_rows_that_slide_to_the_next_page_come_once "
        "test_ids_come_once_and_in_order_while_the_inventory_moves test_an_older_count_loses_no_rows"
    ),
    "no request more than needed": "test_a_limit_asks_for_no_more_than_it_needs",
    "large files": (
        "test_an_upload_does_not_fill_the_memory test_a_broken_transfer_goes_on_where_it_broke "
        "test_a_later_attempt_goes_on_with_what_an_earlier_one_left"
    ),
    "lists without objects": "test_values_are_tuples_of_what_is_on_the_paths",
    "threads": (
        "test_many_threads_share_a_client test_threads_keep_their_answers_apart_while_others_are_broken"
    ),
    "secrets in logs": "test_secrets_show_nowhere test_logs_hold_no_secrets test_no_depth_hides_a_secret",
    "deletions by filters": (
        "test_no_filter_would_mean_all_and_is_refused test_filters_a_deletion_does_not_know_are_refused"
    ),
    "paths": (
        "test_segments_are_quoted_whole test_an_id_stays_one_segment_of_the_path "
        "test_segments_come_apart_as_they_were_put_together"
    ),
    "create or update": "test_an_alarm_is_created_or_written_to",
    "caches that are bounded and forget": (
        "test_clients_of_a_tenant_that_left_are_forgotten test_names_of_groups_are_looked_up_each_time"
    ),
    "long work that can be watched and stopped": (
        "test_endless_items_are_read_as_far_as_needed test_every_item_has_its_result_and_errors_stop_nothing"
    ),
    "limits of fields": (
        "test_what_the_platform_would_drop_or_refuse_is_not_sent "
        "test_names_and_values_the_platform_does_not_accept_are_not_sent"
    ),
    "sessions that renew themselves": (
        "test_a_renewed_token_is_used_from_then_on_and_reported "
        "test_a_session_that_ended_is_replaced_once_for_all_threads"
    ),
}

# What they have, and do wrong.
DEFECTS: Final = {
    "ids are sent as a tuple's text": "test_text_search_and_ids",
    "types and owners are not quoted in queries": "test_any_name_is_found_again",
    "the order is sent with a plus sign": "test_lists_come_in_the_order_that_was_asked_for",
    "text search is put into the query language": (
        "test_text_search_beside_a_query_is_refused_instead_of_spoken"
    ),
    "parents are asked for by a wrong name": "test_the_parents_of_a_child_are_asked_for_by_its_real_name",
    "devices cannot be deleted by id, nor with their users": "test_deleting_devices_with_their_users",
    "one alarm cannot be deleted, or all of its type are": "test_deleting_one_alarm_deletes_no_other",
    "an alarm applied to another is lost": "test_content_of_one_alarm_fits_another",
    "a deletion sends filters it does not know": "test_filters_a_deletion_does_not_know_are_refused",
    "an encrypted option is deleted under a wrong key": (
        "test_an_encrypted_option_is_stored_under_its_real_key_and_never_overwritten_by_its_mask"
    ),
    "an option is not read again": "test_an_option_is_created_changed_and_deleted",
    "unsubscribing later is an error": "test_unsubscribing_later_is_no_error",
    "tokens and consumers are not quoted": "test_the_address_of_the_websocket_holds_everything_quoted",
    "a time is sent for a date": "test_devices_are_asked_for_by_a_plain_date",
    "counts need totals that a list does not have": (
        "test_bulk_operations_are_counted_by_what_their_list_knows "
        "test_counts_are_exact_also_where_only_pages_are_counted"
    ),
    "groups of a user end after five": "test_groups_of_a_user",
    "the page size of groups is ignored": "test_the_page_size_of_groups_counts",
    "assignments do not know their object": "test_inventory_roles_and_who_has_them",
    "the current tenant has no id": "test_the_current_tenant",
    "two values are a value and its default": "test_as_values_of_one_path_are_plain_and_of_several_tuples",
    "tokens are valid when they are not": "test_a_token_says_whose_it_is_and_how_long_it_holds",
    "tokens of letters for URLs are not read": "test_a_token_may_hold_letters_that_only_urls_know",
    "100ms are 100 minutes, a day is nothing": "test_ages_in_every_form test_ages_add_up",
    "one passing failure ends the wait for credentials": (
        "test_waiting_for_credentials_outlasts_a_failing_tenant"
    ),
    "words that are no time are taken for one": "test_moments_that_are_none_are_refused",
    "edits deep inside are lost": "test_an_edit_deep_inside_reaches_the_tenant",
    "nothing is sent as an update": "test_nothing_changed_means_no_request",
    "None does not remove": "test_a_removed_fragment_is_gone_and_unknown_ones_survive",
    "what is absent raises, or does not": "test_reading_what_is_not_there",
    "the same JSON cannot be written to many": "test_the_same_json_to_many",
    "orders are ignored": (
        "test_events_come_newest_first_or_as_asked test_the_order_is_as_asked_with_and_without_dates "
        "test_operations_understand_every_wish_for_an_order"
    ),
    "a limit of 0 is all": "test_what_cannot_be_meant_is_not_sent",
    "lists end after five without a word": "test_get_all_stops_at_five_unless_told test_every_example_runs",
    "the newest is asked for as one object": "test_the_newest_is_asked_for_as_a_list",
    "reading has a processing mode, posts an empty object": (
        "test_get_with_a_mode_and_posts_without_content_are_plain"
    ),
    "a change has no kind": "test_what_changed_is_read_and_written",
    "a series needs a unit": "test_a_table_says_what_it_holds",
    "messages break at other line ends": "test_only_a_line_feed_splits_a_message",
    "media types hold blanks": "test_every_media_type_is_one",
    "the path of a file becomes its name": "test_an_upload_has_more_time_than_a_call",
    "a renamed device has another user": "test_a_renamed_device_keeps_its_user",
    "a group is made and then moved": "test_a_group_within_a_group_takes_one_request",
    "the second factor has a wrong name": (
        "test_the_sign_in_sends_a_form_and_no_credentials_elsewhere "
        "test_a_second_factor_is_asked_for_and_taken"
    ),
    "the slowest call holds up the others": "test_no_call_waits_for_a_slower_one",
    "what is promised is not there": "test_every_promised_member_works",
    "the old password is used on": "test_a_client_goes_on_with_the_password_it_changed",
    "the own second factor cannot be set up": "test_a_second_factor_is_set_up_checked_and_taken_into_use",
    "a page without a match ends a list": "test_pages_without_a_match_do_not_end_a_list",
    "successes are refused": "test_every_success_is_one_with_or_without_a_body",
    "an empty refusal of a sign-in breaks it": (
        "test_a_sign_in_without_a_token_is_a_bad_answer test_a_wrong_password_is_refused_in_words"
    ),
    "objects and ids do not mix": "test_many_are_created_and_deleted_at_once",
    "tokens cannot be renewed": "test_a_token_lets_in_is_renewed_and_given_up",
    "names of roles are kept for ever": "test_names_of_groups_are_looked_up_each_time",
    "a raw query and a filter spoil each other": (
        "test_whatever_needs_a_query_takes_all_filters_with_it test_raw_expressions_are_understood"
    ),
    "a filter is sent under two names": (
        "test_a_bulk_operation_is_named_once_in_a_filter test_two_names_never_become_the_same_parameter"
    ),
    "a file's part has no name, and all of it is in memory": (
        "test_a_file_is_uploaded_in_pieces test_an_upload_does_not_fill_the_memory"
    ),
    "texts become numbers": "test_texts_that_look_like_numbers_stay_texts",
    "the caller's parameters are changed": "test_parameters_of_the_caller_stay_as_they_are",
    "lists never end": (
        "test_pages_that_lead_nowhere_end_in_an_error test_pages_in_a_circle_end_with_an_error"
    ),
    "one user's token is used for another": "test_a_token_is_for_its_own_call_only",
    "no data is sent as null": "test_without_data_nothing_is_sent",
}

# What the protocol makes easy to get wrong.
TRAPS: Final = {
    "links may name another host": (
        "test_links_are_followed_by_their_parameters_alone "
        "test_a_foreign_link_leads_nowhere_else_and_a_circle_ends"
    ),
    "raw expressions are split and encoded": (
        "test_raw_expressions_are_understood test_a_name_may_come_more_than_once_in_an_expression"
    ),
    "some lists are joined by commas, others repeated": (
        "test_filters_of_alarms test_aggregation_is_asked_for"
    ),
    "passwords hold colons, names do not": (
        "test_basic_credentials_come_apart_as_they_were_put_together "
        "test_a_name_that_would_be_read_differently_is_refused"
    ),
    ".netrc replaces credentials": "test_netrc_does_not_replace_the_given_credentials",
    "cookies travel beside Basic": "test_cookies_of_answers_never_travel_beside_basic_credentials",
    "the application key is on all requests": "test_a_mode_may_be_chosen_for_some_calls",
    "without a body the id is in the address": "test_the_id_comes_from_the_location_when_there_is_no_body",
    "a transient object has no id": "test_a_transient_object_has_no_id",
    "redirects carry credentials": (
        "test_redirects_are_not_followed "
        "test_a_plain_session_follows_no_redirect_and_gives_up_like_the_client"
    ),
    "not found after a repeated deletion is success": (
        "test_a_deletion_that_had_already_worked_counts_as_done "
        "test_a_deletion_that_was_obeyed_and_not_answered_counts_as_done"
    ),
    "an empty update is a sign of life": "test_nothing_changed_means_no_request",
    "updates are refused for what only the platform sets": (
        "test_apply_and_apply_to test_what_the_platform_sets_cannot_be_assigned"
    ),
    "a literal key may hold dots": "test_dots_lead_into_objects_but_a_literal_key_comes_first",
    "ids are numbers and texts": "test_no_value_of_a_device_breaks_a_field",
    "larger pages are trimmed": "test_what_cannot_be_meant_is_not_sent test_pages_out_of_range_are_refused",
    "counting pages of one row is off by one": (
        "test_counts_are_exact_also_where_only_pages_are_counted test_counts_around_the_size_of_a_page"
    ),
    "a full last page has a next one": "test_the_last_page_has_none_after_it_even_when_it_is_full",
    "with a query other parameters are ignored": "test_all_filters_take_part_beside_a_query",
    "quotes are doubled, stars cannot be": (
        "test_any_text_is_one_literal_of_the_query_language test_literals_of_the_query_language"
    ),
    "children come on demand": "test_simple_filters_stay_parameters",
    "batches are all or nothing": "test_a_batch_of_objects_that_fails_is_reported_object_by_object",
    "availability that is not monitored": "test_availability_and_what_a_device_measures",
    "series that are no numbers are dropped": "test_what_the_platform_would_drop_or_refuse_is_not_sent",
    "orders need dates, and differ by kind": "test_the_order_is_as_asked_with_and_without_dates",
    "series are cut off": (
        "test_what_was_cut_off_is_read_too "
        "test_newest_first_goes_on_backwards_and_ends_where_nothing_is_gained"
    ),
    "alarms are merged": "test_repetitions_are_counted",
    "alarms know no order and no fragments": "test_filters_of_alarms test_the_newest_alarm_comes_first",
    "many alarms take a status only": "test_many_alarms_change_their_status_in_one_call",
    "users are addressed by their tenant": "test_users_need_a_tenant_to_be_addressed",
    "secrets of pictures go elsewhere": "test_a_second_factor_is_set_up_checked_and_taken_into_use",
    "encrypted values are masked": (
        "test_an_encrypted_option_is_stored_under_its_real_key_and_never_overwritten_by_its_mask"
    ),
    "operations end by failing": "test_an_operation_is_sent_and_cancelled",
    "rows of a registration hold separators": "test_many_devices_are_registered_by_rows_or_a_file",
    "lines of a failed registration hold credentials": "test_credentials_do_not_show_in_what_failed",
    "a consumer's name is taken for a while": "test_a_second_listener_waits_until_the_first_is_gone",
    "an ended token cannot be used again": "test_a_stale_token_is_never_used_again",
    "realtime sessions die": "test_a_session_that_ended_is_opened_again",
    "newest verbs are unknown to older platforms": "test_many_external_ids_are_looked_up",
}

# What their users ask for or stumble over.
THREADS: Final = {
    "names with apostrophes": "test_any_name_is_found_again",
    "queries that are ignored": "test_all_filters_take_part_beside_a_query",
    "keys that are spelled unlike their path": "test_a_bulk_operation_is_scheduled_and_cancelled",
    "options by category": "test_options_are_read_by_category_and_all_at_once",
    "the tenant twice before a name": "test_the_tenant_stands_once_before_the_name",
    "tenants that left": "test_clients_of_a_tenant_that_left_are_forgotten",
    "a connection that is still there": "test_a_second_listener_waits_until_the_first_is_gone",
    "processing modes for single calls": "test_a_mode_may_be_chosen_for_some_calls",
    "special characters in queries": "test_parameters_come_apart_as_they_were_put_together",
    "counts around the size of a page": "test_counts_around_the_size_of_a_page",
    "external ids need their own type": "test_external_ids_are_created_with_the_platforms_own_type",
    "uploads take longer": "test_an_upload_may_take_longer_than_a_call",
    "sessions that were ended": "test_a_session_that_ended_is_replaced_once_for_all_threads",
    "many devices at once": "test_many_devices_are_registered_by_rows_or_a_file",
    "operations to cancel": "test_an_operation_is_sent_and_cancelled",
    "devices with their users": "test_deleting_devices_with_their_users",
    "semicolons in ids": "test_external_ids_of_any_form",
}

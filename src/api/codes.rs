//! The error codes of the Local API (appendix 48), one row each: class and advice.
//!
//! Not here: what a class means for a call; that is decided in `calls`.
//! Messages are the vendor's, word for word. The class is a judgement: `retryable` is used only where the text says to
//! come back later *and* the refusal itself means that nothing was done.

use Class::{Auth, Conflict, Invalid, NotFound, Quota, Retryable, ServerFailure};

/// One error code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `error.code`.
    pub number: i64,
    /// What it says of the outcome.
    pub class: Class,
    /// The documented text. The live one may be localised: match on the number.
    pub message: &'static str,
    /// What to do about it, in sentences.
    pub advice: &'static str,
}

/// What an error code says of the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The request is wrong; nothing was done.
    Invalid,
    /// Something it names is not there; nothing was done.
    NotFound,
    /// It collides with what is there; nothing was done.
    Conflict,
    /// The account or session may not do it; nothing was done.
    Auth,
    /// The plan's daily allowance is used up; nothing was done.
    Quota,
    /// Nothing was done, and it may be tried again soon.
    Retryable,
    /// Something went wrong at the other end; the work may have been done in part or whole.
    ServerFailure,
}

impl Class {
    /// The word used in messages and by `ixscript explain`.
    pub fn word(self) -> &'static str {
        match self {
            Invalid => "invalid request",
            NotFound => "not found",
            Conflict => "conflict",
            Auth => "account or permission",
            Quota => "quota",
            Retryable => "retryable",
            ServerFailure => "server failure",
        }
    }

    /// What is known of the work after such an answer.
    pub fn meaning(self) -> &'static str {
        match self {
            Retryable => "Refused; nothing was done. Tried again by itself.",
            Quota => "Refused; nothing was done. The run stops and can go on later.",
            ServerFailure => "Unknown: the work may have been done, so a write is never repeated by itself.",
            Invalid | NotFound | Conflict | Auth => "Refused; nothing was done.",
        }
    }

    /// Whether an answer of this class proves that nothing was done.
    pub fn proves_refusal(self) -> bool {
        self != ServerFailure
    }
}

/// Codes that mean the session is gone: no later call can succeed, so the run stops.
const LOST_SESSION: &[i64] = &[1002, 1005, 1006];

impl Code {
    /// Whether the whole run stops here, because nothing after it can succeed today.
    pub fn stops_the_run(&self) -> bool {
        self.class == Quota || LOST_SESSION.contains(&self.number)
    }
}

/// The row of a code, if it is in the table.
pub fn find(number: i64) -> Option<&'static Code> {
    CODES.binary_search_by_key(&number, |code| code.number).ok().map(|at| &CODES[at])
}

const fn row(number: i64, class: Class, message: &'static str, advice: &'static str) -> Code {
    Code { number, class, message, advice }
}

/// Every documented code, by number.
#[rustfmt::skip]
pub static CODES: &[Code] = &[
    row(1000, Invalid, "Missing required parameters", "Compare the call with `ixscript functions NAME`: a parameter the API wants is missing."),
    row(1001, Invalid, "Invalid request", "Check the parameters; update ixBrowser if they are right."),
    row(1002, Auth, "Please log in again", "Log in to ixBrowser again, then run it again."),
    row(1003, ServerFailure, "Proxy detection failed", "Check the proxy; the browser was probably not started."),
    row(1004, ServerFailure, "System error, try again later", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(1005, Invalid, "The current version is too low, please upgrade the version and try again", "Update ixBrowser, then run it again."),
    row(1006, Auth, "Security authentication failed", "Log in to ixBrowser again, then run it again."),
    row(1007, Invalid, "Illegal request", "Check the values of the call; the API gives no more detail."),
    row(1008, Auth, "Your permissions are restricted", "The account may not do this. Ask the owner of the workspace for the permission."),
    row(1009, NotFound, "Process not found", "The profile is not open, or was opened by hand; only profiles opened by the API can be closed by it."),
    row(1010, Retryable, "Your operation was too fast, please try again later.", "The call was refused for its pace and nothing was done. Calls are slowed down and tried again; raise `--retries` if it persists."),
    row(1011, ServerFailure, "The operation failed.", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(1012, Invalid, "Password field cannot be empty", "Give the login password of the account in `password`."),
    row(1013, Auth, "Wrong Password", "`password` is the login password of the account, not the profile's own."),
    row(1014, Conflict, "The current profile is inoperable", "The profile is in a state that forbids this; close it and try again."),
    row(1015, ServerFailure, "Proxy detection timeout", "The proxy did not answer in time; check it."),
    row(1016, ServerFailure, "Request timeout,Try again after switching lines.", "The work may have been done. Switch the line in ixBrowser, look whether it was, then try again."),
    row(1017, Quota, "The current plan's XXX daily createable profiles have been used up. The profile creation failed, please upgrade the plan or try again after 24 hours", "Wait 24 hours or upgrade the plan, then run it again."),
    row(1018, Quota, "The XXX profile opening times per day for the current plan have been used up. The profile opening failed, please upgrade the plan or try again after 24 hours", "Wait 24 hours or upgrade the plan, then run it again."),
    row(1019, Quota, "The current plan's XXX daily createable profiles have been used up. The copy failed, please upgrade the plan or try again after 24 hours", "Wait 24 hours or upgrade the plan, then run it again."),
    row(1020, Retryable, "A profile is currently open, please wait until it is opened and try again", "Another profile is just opening. The call is tried again."),
    row(2001, Invalid, "Profile ID cannot be empty", "Give `profile_id`."),
    row(2002, NotFound, "Proxy information does not exist", "The proxy does not exist; list the proxies in ixBrowser."),
    row(2003, NotFound, "Residential Proxy does not exist", "The traffic package does not exist or has expired."),
    row(2004, Invalid, "Configuration parameters cannot be empty", "Give the configuration parameters."),
    row(2005, ServerFailure, "Proxy addition failed and profile creation failed", "A proxy entry may be left over; look in ixBrowser before you try again."),
    row(2006, Invalid, "The cookie format is incorrect", "Give the cookies as a JSON array."),
    row(2007, NotFound, "Profile does not exist", "There is no profile with this number; `list_profiles()` shows those that exist."),
    row(2008, ServerFailure, "Failed to load profile configuration", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(2009, Invalid, "Proxy method cannot be empty", "Give the proxy method."),
    row(2010, Invalid, "Proxy method is not within the scope", "`proxy_mode` has a value the API does not know; compare its page in the vendor's documentation."),
    row(2011, NotFound, "The kernel does not exist, please download first", "Download the kernel in ixBrowser first."),
    row(2012, Retryable, "This profile is being backed up in the cloud, please open it later", "The profile is being backed up. The call is tried again."),
    row(2013, ServerFailure, "Kernel file is partially missing, please try to download to repair it", "Repair the kernel in ixBrowser."),
    row(101001, Invalid, "Profile name cannot be empty", "Give the profile name."),
    row(101002, Invalid, "Group id cannot be empty", "Give the group id."),
    row(101003, Invalid, "Fingerprint configuration generation failed, platform cannot be empty", "Correct the values of the call."),
    row(101004, Conflict, "Profile name already exists", "Choose another name."),
    row(101005, Invalid, "Proxy id cannot be empty", "Give the proxy id."),
    row(101006, Invalid, "Proxy ip cannot be empty", "Give the proxy ip."),
    row(101007, Invalid, "The proxy port cannot be empty", "Give the proxy port."),
    row(101008, Invalid, "Proxy type not in range", "`proxy_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101009, Invalid, "Proxy type cannot be empty", "Give the proxy type."),
    row(101010, ServerFailure, "Fingerprint configuration generation failed", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(101011, Invalid, "Fingerprint configuration generation failed, platform url cannot be empty", "Correct the values of the call."),
    row(101012, Invalid, "is_cookies_cache is not in range", "`is_cookies_cache` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101013, Invalid, "is_tabs_cache is not in range", "`is_tabs_cache` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101014, Invalid, "ua_type is not in range", "`ua_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101015, Invalid, "platform must be windows or macos", "Correct the values of the call."),
    row(101016, Invalid, "platform must be Android or IOS", "Correct the values of the call."),
    row(101017, Invalid, "br_version is not in range", "`br_version` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101018, Invalid, "language_type is not in range", "`language_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101019, Invalid, "timezone_type is not in range", "`timezone_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101020, Invalid, "location is not within range", "`location` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101021, Invalid, "location_type is not in range", "`location_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101022, Invalid, "resolving_power_type is not in range", "`resolving_power_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101023, Invalid, "fonts_type is not in range", "`fonts_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101024, Invalid, "fonts type must be an array", "Correct the values of the call."),
    row(101025, Invalid, "webrtc is not in range", "`webrtc` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101026, Invalid, "webgl_image is not in range", "`webgl_image` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101027, Invalid, "canvas_type is not in range", "`canvas_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101028, Invalid, "webgl_data_type is not in range", "`webgl_data_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101029, Invalid, "webgl_factory cannot be empty", "Give `webgl_factory`."),
    row(101030, Invalid, "webgl_info cannot be empty", "Give `webgl_info`."),
    row(101031, Invalid, "audio_context is not in scope", "`audio_context` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101032, Invalid, "media_equipment is not in range", "`media_equipment` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101033, Invalid, "client_rects is not in range", "`client_rects` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101034, Invalid, "speech_voices is not in range", "`speech_voices` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101035, Invalid, "product_type is not in range", "`product_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101036, Invalid, "track is not in range", "`track` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101037, Invalid, "allow_scan_ports is not in range", "`allow_scan_ports` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101038, ServerFailure, "Profile creation failed, profile number writing exception", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(101039, NotFound, "Group does not exist", "There is no group with this id; `list_groups()` shows those that exist."),
    row(101040, Invalid, "Note is too long, with a maximum of 200 characters", "Shorten the note to 200 characters."),
    row(101041, Invalid, "indexed_db_backup is not in range", "`indexed_db_backup` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101042, Invalid, "local_storage_backup is not in range", "`local_storage_backup` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101043, Invalid, "proxy_service is not in range", "`proxy_service` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101044, Invalid, "proxy_data_format_type is not in range", "`proxy_data_format_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101045, Invalid, "proxy_extraction_method is not in range", "`proxy_extraction_method` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101046, Invalid, "Extraction link cannot be empty", "Give the extraction link."),
    row(101047, Invalid, "kernel_version is not in range", "`kernel_version` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101048, Invalid, "device_name cannot be empty", "Give `device_name`."),
    row(101049, Invalid, "proxy_data_txt_format is not in range", "`proxy_data_txt_format` has a value the API does not know; compare its page in the vendor's documentation."),
    row(101051, Invalid, "proxy_data_json_format.ip cannot be empty", "Give `proxy_data_json_format.ip`."),
    row(101052, Invalid, "proxy_data_json_format.port cannot be empty", "Give `proxy_data_json_format.port`."),
    row(102001, Invalid, "Profile serial number cannot be empty", "Give the profile serial number."),
    row(102003, Conflict, "Profile name already exists", "Choose another name."),
    row(102004, Invalid, "ua_type is not in range", "`ua_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(102005, Invalid, "platform must be windows or macos", "Correct the values of the call."),
    row(102006, Invalid, "platform must be Android or IOS", "Correct the values of the call."),
    row(102007, Conflict, "The profile serial number already exists", "Choose another serial number."),
    row(102008, Invalid, "Profile serial number exceeds the maximum value", "Correct the values of the call."),
    row(102009, NotFound, "Group does not exist", "There is no group with this id; `list_groups()` shows those that exist."),
    row(102010, Invalid, "Note is too long, with a maximum of 200 characters", "Shorten the note to 200 characters."),
    row(102011, Invalid, "proxy_service is not in range", "`proxy_service` has a value the API does not know; compare its page in the vendor's documentation."),
    row(102012, Invalid, "proxy_data_format_type is not in range", "`proxy_data_format_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(102013, Invalid, "proxy_extraction_method is not in range", "`proxy_extraction_method` has a value the API does not know; compare its page in the vendor's documentation."),
    row(102014, Invalid, "proxy_data_txt_format is not in range", "`proxy_data_txt_format` has a value the API does not know; compare its page in the vendor's documentation."),
    row(102015, Invalid, "proxy_extraction_method is not in range", "`proxy_extraction_method` has a value the API does not know; compare its page in the vendor's documentation."),
    row(102016, Invalid, "kernel_version is not in range", "`kernel_version` has a value the API does not know; compare its page in the vendor's documentation."),
    row(102018, Invalid, "proxy_data_json_format.ip cannot be empty", "Give `proxy_data_json_format.ip`."),
    row(102019, Invalid, "proxy_data_json_format.port cannot be empty", "Give `proxy_data_json_format.port`."),
    row(103001, Invalid, "Proxy ip cannot be empty", "Give the proxy ip."),
    row(103002, Invalid, "Proxy type cannot be empty", "Give the proxy type."),
    row(103003, Invalid, "Proxy type not in range", "`proxy_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(103004, Invalid, "The proxy port cannot be empty", "Give the proxy port."),
    row(103005, Conflict, "Failed to add proxy, the proxy already exists", "It exists already; use that one or choose another name."),
    row(103006, ServerFailure, "Failed to add proxy", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(104001, Invalid, "Proxy id cannot be empty", "Give the proxy id."),
    row(104002, Invalid, "Proxy ip cannot be empty", "Give the proxy ip."),
    row(104003, Invalid, "Proxy type not in range", "`proxy_type` has a value the API does not know; compare its page in the vendor's documentation."),
    row(104004, Invalid, "The proxy port cannot be empty", "Give the proxy port."),
    row(104005, ServerFailure, "Failed to modify proxy", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(104006, Conflict, "Failed to modify the proxy, the proxy already exists", "It exists already; use that one or choose another name."),
    row(105001, Invalid, "Group name cannot be empty", "Give the group name."),
    row(105002, Conflict, "Group name already exists", "Choose another name, or use the group that exists: `list_groups()` shows its id."),
    row(105003, Invalid, "Group sorting cannot be empty", "Give `sort`, for example 0."),
    row(106001, Invalid, "Group id cannot be empty", "Give the group id."),
    row(106002, Invalid, "Group name cannot be empty", "Give the group name."),
    row(106003, NotFound, "Group does not exist", "There is no group with this id; `list_groups()` shows those that exist."),
    row(107001, Invalid, "Group id cannot be empty", "Give the group id."),
    row(107002, NotFound, "Group does not exist", "There is no group with this id; `list_groups()` shows those that exist."),
    row(108001, Invalid, "Proxy id cannot be empty", "Give the proxy id."),
    row(108002, Conflict, "Failed to delete the proxy, the proxy is still in use in a profile", "Take the proxy out of the profiles that use it first."),
    row(108003, ServerFailure, "Failed to delete profile", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(109001, Invalid, "transfer_extra data type is wrong", "Correct the values of the call."),
    row(109002, Conflict, "The IP is still in use by the profile and cannot be transferred", "Close the profiles that use this address, or transfer without the proxy."),
    row(109003, Conflict, "The proxy bound to the current profile does not support IP transfer", "Transfer without the proxy: `transfer_proxy: 0`."),
    row(110001, Invalid, "Transfer code cannot be empty", "Give the transfer code."),
    row(110002, NotFound, "The transfer code is wrong", "The code is mistyped, withdrawn or used. Ask for a new one."),
    row(110003, Invalid, "Do not transfer profiles to yourself", "Import the code from another account than the one that made it."),
    row(110004, NotFound, "Group does not exist", "There is no group with this id; `list_groups()` shows those that exist."),
    row(111001, Auth, "Please add to the whitelist", "Add this computer to the whitelist in ixBrowser."),
    row(111002, ServerFailure, "Unable to extract proxy IP, please check if there are any errors in the extraction link", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(111003, Conflict, "The current profile is already open", "The profile is open already; close it first."),
    row(112001, ServerFailure, "Failed to copy profile, failed to create profile", "A profile may have been left behind; look in ixBrowser before you try again."),
    row(112002, ServerFailure, "Failed to copy profile, base configuration creation failed", "A profile may have been left behind; look in ixBrowser before you try again."),
    row(112003, ServerFailure, "Profile creation failed, quantity write exceptions", "The profile may have been made; look in ixBrowser before you try again."),
    row(112004, Invalid, "Group id type is wrong", "Give `group_id` as a number."),
    row(112005, NotFound, "Group does not exist", "There is no group with this id; `list_groups()` shows those that exist."),
    row(112006, Invalid, "platform url cannot be empty", "Give `site_url`: it is required when `site_id` is 21."),
    row(113001, Invalid, "Tag name cannot be empty", "Give the tag name."),
    row(113002, Conflict, "Tag name already exists", "It exists already; use that one or choose another name."),
    row(114001, Invalid, "Tag id cannot be empty", "Give the tag id."),
    row(114002, Invalid, "Tag name cannot be empty", "Give the tag name."),
    row(114003, NotFound, "Tag does not exist", "There is no tag with this id; list the tags first."),
    row(114004, Conflict, "Tag name already exists", "It exists already; use that one or choose another name."),
    row(115001, Invalid, "Tag id cannot be empty", "Give the tag id."),
    row(115002, NotFound, "Tag does not exist", "There is no tag with this id; list the tags first."),
    row(115003, Conflict, "There are still profiles using the tags", "Take the tag off the profiles that have it first."),
    row(116001, ServerFailure, "Profile Deletion Failed", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(117001, ServerFailure, "Failed to empty recycle bin", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(118001, ServerFailure, "Failed to switch the gateway", "The app does not say whether it did the work. Look in ixBrowser before you try again."),
    row(118002, NotFound, "The line does not exist", "Compare the lines that ixBrowser offers."),
    row(119001, Invalid, "Tag name cannot be empty", "Give the tag name."),
    row(119002, Conflict, "Tag name already exists", "It exists already; use that one or choose another name."),
    row(120001, Invalid, "Tag id cannot be empty", "Give the tag id."),
    row(120002, Invalid, "Tag name cannot be empty", "Give the tag name."),
    row(120003, NotFound, "Tag does not exist", "There is no tag with this id; list the tags first."),
    row(120004, Conflict, "Tag name already exists", "It exists already; use that one or choose another name."),
    row(121001, Invalid, "Tag id cannot be empty", "Give the tag id."),
    row(121002, NotFound, "Tag does not exist", "There is no tag with this id; list the tags first."),
    row(121003, Conflict, "There are still proxy using the tags", "Take the tag off the proxies that have it first."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_unique_and_each_has_advice_in_sentences() {
        assert_eq!(CODES.len(), 163);
        assert!(CODES.is_sorted_by(|a, b| a.number < b.number));
        for code in CODES {
            assert!(!code.message.is_empty());
            assert!(code.advice.ends_with('.'), "{}", code.number);
        }
    }

    #[test]
    fn only_a_server_failure_leaves_the_outcome_open() {
        assert!(find(110_002).unwrap().class.proves_refusal());
        assert!(find(1010).unwrap().class.proves_refusal());
        assert!(!find(1004).unwrap().class.proves_refusal());
        assert_eq!(find(1), None);
    }

    #[test]
    fn quota_and_lost_sessions_stop_the_run() {
        let stopping: Vec<i64> =
            CODES.iter().filter(|code| code.stops_the_run()).map(|code| code.number).collect();
        assert_eq!(stopping, [1002, 1005, 1006, 1017, 1018, 1019]);
    }
}

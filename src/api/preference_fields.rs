//! Fields of a profile's preferences: the fields once, then a list per page.
//!
//! Not here: the endpoints.

use super::enums::OFF_ON;
use super::row::Param;

const COOKIES_BACKUP: Param =
    Param::digits("cookies_backup", "keeps cookies in the cloud").one_of_texts(OFF_ON);
const INDEXED_DB_BACKUP: Param =
    Param::digits("indexed_db_backup", "also syncs IndexedDB").one_of_texts(OFF_ON);
const LOCAL_STORAGE_BACKUP: Param =
    Param::digits("local_storage_backup", "also syncs local storage").one_of_texts(OFF_ON);
const EXTENSION_DATA_BACKUP: Param =
    Param::digits("extension_data_backup", "also syncs extension data").one_of_texts(OFF_ON);
const EXTRA_TAB_SOURCE: Param =
    Param::digits("extra_tab_source", "0 opens open_url, 1 reopens the last tabs").one_of_texts(OFF_ON);
const OPEN_URL: Param = Param::text("open_url", "start pages, one per line");
const BLOCK_IMAGE: Param = Param::digits("block_image", "no images").one_of_texts(OFF_ON);
const BLOCK_AUDIO: Param = Param::digits("block_audio", "no sound").one_of_texts(OFF_ON);
const BLOCK_PASSWORD_PAGES: Param =
    Param::digits("block_password_pages", "no save-password prompt").one_of_texts(OFF_ON);
const BLOCK_RESTORE_PAGES: Param =
    Param::digits("block_restore_pages", "no restore-pages prompt").one_of_texts(OFF_ON);
const BLOCK_POPUP_BLOCKING: Param =
    Param::digits("block_popup_blocking", "turns the pop-up blocker off").one_of_texts(OFF_ON);
const LOAD_PROFILE_INFO_PAGE: Param =
    Param::digits("load_profile_info_page", "shows the profile info page").one_of_texts(OFF_ON);
const SHOW_PASSWORD: Param = Param::digits("show_password", "shows the saved password").one_of_texts(OFF_ON);
const LOAD_BOOKMARKS: Param =
    Param::digits("load_bookmarks", "loads imported bookmarks").one_of_texts(OFF_ON);
const SHOW_BOOKMARKS_BAR: Param =
    Param::digits("show_bookmarks_bar", "shows the bookmarks bar").one_of_texts(OFF_ON);

/// Page 2.
pub(super) static PREFERENCE_OF_CREATE: &[Param] = &[
    COOKIES_BACKUP.default("1"),
    INDEXED_DB_BACKUP.default("0"),
    LOCAL_STORAGE_BACKUP.default("0"),
    EXTENSION_DATA_BACKUP.default("0"),
    EXTRA_TAB_SOURCE.default("0"),
    OPEN_URL,
    BLOCK_IMAGE.default("0"),
    BLOCK_AUDIO.default("0"),
    BLOCK_PASSWORD_PAGES.default("0"),
    BLOCK_RESTORE_PAGES.default("1"),
    BLOCK_POPUP_BLOCKING.default("1"),
    LOAD_PROFILE_INFO_PAGE.default("1"),
    SHOW_PASSWORD.default("0"),
    LOAD_BOOKMARKS.default("0"),
    SHOW_BOOKMARKS_BAR.default("0"),
];

/// Page 14.
pub(super) static PREFERENCE_OF_UPDATE: &[Param] = &[
    COOKIES_BACKUP,
    INDEXED_DB_BACKUP,
    LOCAL_STORAGE_BACKUP,
    EXTENSION_DATA_BACKUP,
    EXTRA_TAB_SOURCE.default("0"),
    OPEN_URL,
    BLOCK_IMAGE.default("0"),
    BLOCK_AUDIO.default("0"),
    BLOCK_PASSWORD_PAGES,
    BLOCK_RESTORE_PAGES,
    BLOCK_POPUP_BLOCKING,
    LOAD_PROFILE_INFO_PAGE,
    SHOW_PASSWORD,
    LOAD_BOOKMARKS,
    SHOW_BOOKMARKS_BAR,
];

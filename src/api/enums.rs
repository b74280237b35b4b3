//! Values that several endpoints share (appendix 53): readable names of numbers, meanings of texts.
//!
//! Not here: values of a single field, which stand with it.

/// Start platforms (appendix 53).
pub(super) const SITES: &[(i64, &str)] = &[
    (1, "facebook.com"),
    (2, "amazon.com"),
    (3, "paypal.com"),
    (4, "gmail.com"),
    (5, "aliexpress.com"),
    (6, "ebay.com"),
    (7, "lazada.com"),
    (8, "mail.com"),
    (9, "outlook.com"),
    (10, "payoneer.com"),
    (11, "shopify.com"),
    (12, "shoplineapp.com"),
    (13, "stripe.com"),
    (14, "walmart.com"),
    (15, "wish.com"),
    (16, "shopee.com"),
    (17, "etsy.com"),
    (18, "dhgate.com"),
    (19, "alibaba.com"),
    (20, "tiktok.com"),
    (21, "other"),
    (22, "blank"),
];

/// Where a profile's proxy comes from (appendix 53).
pub(super) const PROXY_MODES: &[(i64, &str)] =
    &[(1, "traffic_package"), (2, "custom"), (3, "purchased"), (4, "extraction")];

/// Lines that probe a proxy.
pub(super) const PROXY_CHECK_LINES: &[(&str, &str)] =
    &[("global_line", "worldwide detection line"), ("cn_line", "detection line inside China")];

/// Proxy protocols (appendix 53).
pub(super) const PROXY_TYPES: &[(&str, &str)] =
    &[("direct", "no proxy"), ("http", "HTTP"), ("https", "HTTPS"), ("socks5", "SOCKS5"), ("ssh", "SSH")];

/// Flags that the pages write as digits.
pub(super) const OFF_ON: &[(&str, &str)] = &[("0", "off"), ("1", "on")];

/// Protocols of the proxies an account keeps (pages 39 and 40, which misspell socks5).
pub(super) const OWN_PROXY_TYPES: &[(&str, &str)] =
    &[("http", "HTTP"), ("https", "HTTPS"), ("socks5", "SOCKS5"), ("ssh", "SSH")];

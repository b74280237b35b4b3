//! What the check finds, and above all what it does not.

use super::*;
use crate::script::BUILTINS;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use rhai::packages::{Package, StandardPackage};
use rhai::{OptimizationLevel, Scope};

fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    engine.register_global_module(StandardPackage::new().as_shared_module());
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_max_expr_depths(64, 32);
    engine.disable_symbol("eval");
    engine
}

fn host() -> Vec<HostFn> {
    api::endpoints().map(HostFn::Endpoint).chain(BUILTINS.iter().map(HostFn::Builtin)).collect()
}

fn parse(script: &str) -> (Engine, AST) {
    let engine = engine();
    let ast =
        engine.compile_with_scope(&Scope::new(), script).unwrap_or_else(|error| panic!("{error}: {script}"));
    (engine, ast)
}

fn findings(script: &str) -> Vec<Finding> {
    let (engine, ast) = parse(script);
    check(script, &ast, &ast, &engine, &host())
}

fn shown(script: &str) -> String {
    let lines = findings(script).into_iter().map(|finding| {
        let Finding { message, line, column, length, help, severity } = finding;
        let grade = if severity == Severity::Error { "error" } else { "warning" };
        let help = help.map(|help| format!("\n  {help}")).unwrap_or_default();
        format!("{line}:{column}+{length} {grade}: {message}{help}\n")
    });
    lines.collect()
}

#[expect(clippy::needless_pass_by_value, reason = "expectations are written in place")]
fn finds(script: &str, expected: Expect) {
    expected.assert_eq(&shown(script));
}

#[test]
fn an_unknown_function_is_named_with_the_nearest_one() {
    finds(
        "let a = copy_profil(1);",
        expect![[r#"
        1:9+11 error: there is no function `copy_profil`, did you mean `copy_profile`?
          Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
    "#]],
    );
    finds(
        "fn f() {\n  weather();\n}\nif false { prnt(1) }",
        expect![[r#"
        2:3+7 error: there is no function `weather`
        4:12+4 error: there is no function `prnt`, did you mean `print`?
    "#]],
    );
    finds(
        "let f = |x| x; f(1);",
        expect![[r#"
        1:16+1 error: there is no function `f`, it is a variable
          If it holds a function, call it with f.call(...).
    "#]],
    );
    finds(
        "let a = [1].map(|x| `${copi_profile(x)}`);",
        expect![[r#"
        1:24+12 error: there is no function `copi_profile`, did you mean `copy_profile`?
          Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
    "#]],
    );
}

#[test]
fn methods_are_only_doubted() {
    finds(
        "let id = 7; id.copy_profil(); id.wether();",
        expect![[r#"
        1:16+11 warning: there is no function `copy_profil`, did you mean `copy_profile`?
          Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
    "#]],
    );
    finds(
        "1640.copy_profile(#{ nam: \"x\" });",
        expect![[r#"
        1:22+3 error: `nam` is unknown, did you mean `name`?
    "#]],
    );
    finds(
        "1640.copy_profile(1, 2);",
        expect![[r#"
        1:6+12 error: `copy_profile` takes 0 or 1 argument in this place, not 2
          Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
    "#]],
    );
}

#[test]
fn numbers_of_arguments_are_counted() {
    finds(
        "pad(1); fn f(a, b) { a + b } f(1); fn g(a) { this + a } 1.g(2); 1.g();",
        expect![[r#"
            1:1+3 error: `pad` takes 2 or 3 arguments, not 1
              Call it as `pad(value, width)`.
            1:30+1 error: `f` takes 2 arguments, not 1
              Call it as `f(a, b)`.
            1:67+1 error: `g` takes 1 argument in this place, not 0
        "#]],
    );
    finds(
        "copy_profile(1, 2, #{});",
        expect![[r#"
        1:1+12 error: `copy_profile` takes 0 to 2 arguments, not 3
          Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
    "#]],
    );
}

#[test]
fn unknown_options_are_found_at_any_depth() {
    finds(
        "let c = param(\"c\");\nimport_profile(c, #{\n  proxy_config: #{ proxi_mode: c },\n  grup_id: c,\n});",
        expect![[r#"
        3:20+10 error: `proxy_config.proxi_mode` is unknown, did you mean `proxy_mode`?
        4:3+7 error: `grup_id` is unknown, did you mean `group_id`?
    "#]],
    );
    finds(
        "list_groups(#{ even_if_in_doubt: true });",
        expect![[r#"
        1:16+16 error: `even_if_in_doubt` is unknown; there are `page`, `limit` and `title`
    "#]],
    );
}

#[test]
fn arguments_that_will_be_refused_are_found() {
    finds(
        "copy_profile();",
        expect![[r#"
        1:1+12 error: `profile_id` is missing
          Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
    "#]],
    );
    finds(
        "let n = 1; copy_profile(1.5, #{ name: n, site_id: 21 });",
        expect![[r#"
            1:25+3 error: `profile_id` must be an integer, not the fraction 1.5
        "#]],
    );
    finds(
        "copy_profile(1, #{ site_id: 21 });",
        expect![[r#"
        1:1+12 error: `site_url` is missing; it is required when `site_id` is 21
          Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
    "#]],
    );
    finds(
        "copy_profile(1, #{ profile_id: 2 }); copy_profile(1, \"x\");",
        expect![[r#"
        1:20+10 error: `profile_id` is given twice: by position and among the options
        1:38+12 error: `copy_profile` takes its options as a map in the last place
          Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
    "#]],
    );
    finds(
        "try { copy_profile(\"abc\") } catch (e) { print(e.kind); copy_profile(\"abc\") }",
        expect![[r#"
        1:20+5 warning: `profile_id` must be an integer, not the text "abc"
        1:69+5 error: `profile_id` must be an integer, not the text "abc"
    "#]],
    );
}

#[test]
fn a_secret_is_not_repeated() {
    let found = shown("create_transfer_code(\"x\", \"hunter2\"); create_transfer_code(1, 24681357);");
    assert!(!found.contains("hunter2") && !found.contains("24681357"), "{found}");
}

#[test]
fn other_certain_failures_are_found() {
    finds(
        "fn copy_profile(id) { id }",
        expect![[r#"
            1:4+12 error: `copy_profile` is a function of the host and cannot be redefined
              Give the function another name.
        "#]],
    );
    finds(
        "let f = Fn(\"copy_profil\"); let g = Fn(\"lib::f\");",
        expect![[r#"
        1:12+13 error: there is no function `copy_profil`, did you mean `copy_profile`?
          Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
        1:39+8 error: `lib::f` cannot be pointed to
          Wrap it in a closure: |x| lib::f(x).
    "#]],
    );
    finds(
        "let n = \"lib\"; import n as l; import `lib` as k;",
        expect![[r#"
        1:16+6 error: imports need a literal path, so that they can be checked
    "#]],
    );
}

/// Correct fragments of everything the language has.
const FINE: &[&str] = &[
    "let id = copy_profile(1640); print(id);",
    "let id = copy_profile(1640, #{ name: \"shop-2\", group_id: 177 });",
    "let id = copy_profile(#{ profile_id: 1640, site_id: 21, site_url: \"https://example.com/\" });",
    "copy_profile(1640, #{ name: \"x\", even_if_in_doubt: true });",
    "import_profile(\"76686828-89727101\", #{ group_id: 1, proxy_config: #{ proxy_mode: 2, proxy_type: \"direct\" } });",
    "let options = #{ name: \"a\" }; copy_profile(1640, options); copy_profile(options);",
    "let wanted = #{ profile_id: 1 }; wanted.site_id = 21; copy_profile(wanted);",
    "let s = param(\"s\", 21); copy_profile(1, #{ site_id: s }); copy_profile(1, #{ site_id: 21, site_url: `${s}` });",
    "let pw = param(\"password\"); create_transfer_code(1640, pw); let o = #{}; create_transfer_code(o);",
    "for profile in list_profiles() { if profile.name.starts_with(\"a\") { delete_profile(profile.profile_id); } }",
    "for (row, at) in list_groups(#{ title: \"x\" }) { print(`${at}: ${row.title} ${pad(at, 3)}`); }",
    "try { copy_profile(404); } catch (e) { if e.code == 2001 { log_info(e.message); } else { throw e; } }",
    "let m = #{ f: |x| x + 1 }; print(m.f(1)); m[\"g\"] = |x| x; m.g(1); m.zap(1);",
    "let f = |a, b| a + b; f.call(1, 2); call(f, 1, 2); let g = f.curry(1); g.call(2);",
    "let n = 0; let add = |x| { n += x; n }; add.call(2); [1, 2].for_each(|x| { n += x + this; });",
    "fn first(x) { if x > 0 { second(x - 1) } else { 0 } } fn second(x) { first(x) } first(3);",
    "fn grow(by) { this += by; } let x = 1; x.grow(2); grow.call(1);",
    "fn int.twice() { this * 2 } 4.twice();",
    "let a = [3, 1, 2]; a.sort(); a.map(|x| x * 2).filter(|x| x > 2).reduce(|sum, x| sum + x, 0);",
    "switch 5 { 1 => log_info(1), 2 | 3 => { log_info(2) } 4..=9 if 1 < 2 => log_info(3), _ => () }",
    "let x = 3; if x in [1, 2] || x !in 0..5 { exit(1); } print(x ?? 4); print(\"abc\".len());",
    "const N = 5; fn limit() { global::N } limit(); export N as most;",
    "import \"lib/names\" as names; names::make(1, 2, 3); names::sub::make();",
    "let p = Fn(\"copy_profile\"); p.call(1); let q = Fn(\"helper\"); fn helper() { 1 } let r = Fn(\"print\");",
    "do { sleep(0.5); } until true; while false { continue; } loop { break; }",
    "print(type_of(1)); 1.type_of(); let z = 1; z.is_shared(); is_def_var(\"z\"); if is_def_fn(\"later\", 1) { later(1) }",
    "call_api(\"profile-copy\", #{ anything: #{ at: \"all\" } }); call_api(\"group-list\");",
    "let r = #{ a: #{ b: [1, 2] } }; print(r?.a?.b[0]); r.a.b.push(3); r.a[\"c\"] = -1; r.keys().len();",
    "1640.copy_profile(); \"76686828-89727101\".import_profile(#{ group_id: -1 }); let id = 5; id.copy_profile(#{ name: \"x\" });",
    "let api = #{ copy_profile: |a, b, c| a }; api.copy_profile(1, 2, 3);",
    "let t = timestamp(); print(t.elapsed); let s = \"a,b\".split(\",\"); s[0].to_upper(); 7.to_string();",
    "let total = [1, 2].map(|x| [x].map(|y| pad(x + y, 2))); print(total);",
    "fn local() { 1 } local!(); let s = if true { copy_profile(1) } else { 0 };",
    "let tmp = parse_int(\"12\") + \"7\".parse_int() + 2.max(3); blob(3).len(); range(0, 3); PI();",
    "copy_profile(\"1640\"); copy_profile(1640, #{ site_id: \"shopify.com\" });",
];

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    for script in FINE {
        assert_eq!(shown(script), "", "{script}");
    }
}

proptest! {
    #[test]
    fn correct_fragments_stay_correct_together(picked in prop::collection::vec((0..FINE.len(), 0..4_usize), 1..6)) {
        // Definitions stay at top level, and once each.
        let is_top = |text: &str| ["fn ", "import ", "export "].iter().any(|word| text.contains(word));
        let mut seen = Vec::new();
        let mut script = String::new();
        for (at, wrapping) in picked {
            let text = FINE[at];
            if is_top(text) {
                if !seen.contains(&at) {
                    script = format!("{text}\n{script}");
                }
            } else {
                let wrapped = match wrapping {
                    0 => format!("{{ {text} }}\n"),
                    1 => format!("if true {{ {text} }} else {{ }}\n"),
                    2 => format!("try {{ {text} }} catch {{ }}\n"),
                    _ => format!("let c{at} = || {{ {text} }};\n"),
                };
                script.push_str(&wrapped);
            }
            seen.push(at);
        }
        let (engine, ast) = (engine(), engine().compile(&script));
        if let Ok(ast) = ast {
            prop_assert_eq!(check(&script, &ast, &ast, &engine, &host()), vec![], "{}", script);
        }
    }

    #[test]
    fn no_script_makes_it_panic(script in "[a-z0-9(){}\\[\\]`\"$+.,;:#|= \\n]{0,40}") {
        if let Ok(ast) = engine().compile(&script) {
            let _ = check(&script, &ast, &ast, &engine(), &host());
            let _ = secret_literals(&ast);
        }
    }

    #[test]
    fn codes_are_found_in_any_text(before in "[a-z ]{0,5}", code in "[0-9]{8}-[0-9]{8}", after in "[ ä]{0,5}") {
        let text = format!("{before}{code}{after}");
        prop_assert_eq!(codes_in(&text), vec![code]);
    }
}

#[test]
fn secrets_are_found_where_they_become_one() {
    let cases: &[(&str, &[&str])] = &[
        ("create_transfer_code(1, \"hunter2\");", &["hunter2"]),
        ("1.create_transfer_code(\"hunter2\");", &["hunter2"]),
        ("create_transfer_code(1, param(\"password\", \"fallback\"));", &["fallback"]),
        ("let p = \"hunter2\"; let q = p; create_transfer_code(1, q);", &["hunter2"]),
        (
            "import_profile(\"c1\", #{ proxy_config: #{ proxy_ip: \"10.0.0.1\", proxy_password: \"deep\" } });",
            &["c1", "deep"],
        ),
        ("let o = #{}; o.password = \"late\"; o[\"proxy_user\"] = \"user\";", &["late", "user"]),
        ("for code in [\"a1\", \"b2\"] { import_profile(code); }", &["a1", "b2"]),
        (
            "let rows = [#{ code: \"a1\", name: \"n\" }]; for row in rows { import_profile(row.code); }",
            &["a1"],
        ),
        ("fn take(secret) { create_transfer_code(1, secret) } take(\"hunter2\");", &["hunter2"]),
        ("call_api(\"profile-transfer-code-create\", #{ password: \"hunter2\" });", &["hunter2"]),
        ("copy_profile(1, #{ name: \"plain\" });", &[]),
    ];
    for (script, expected) in cases {
        assert_eq!(secret_literals(&parse(script).1), *expected, "{script}");
    }
}

#[test]
fn codes_stand_anywhere() {
    assert_eq!(
        codes_in("a(\"76686828-89727101\", 12345678-87654321x"),
        ["76686828-89727101", "12345678-87654321"]
    );
    assert_eq!(codes_in("1234567-12345678 ä"), Vec::<String>::new());
}

//! What people are told who write as in another language, each line read before it was accepted.

use super::of_parse_error;
use crate::base::report::Source;
use crate::script::engine;
use expect_test::{Expect, expect};
use std::sync::Arc;

fn told(lines: &[&str], expected: &Expect) {
    let told = lines.iter().map(|line| {
        let source = Arc::new(Source { name: "x".into(), text: (*line).to_owned() });
        let Err(error) = engine::bare().compile(line) else { return format!("{line}\n  parses\n") };
        let (words, place) = of_parse_error(&error, &source);
        let place = place.map(|place| format!("{}:{}+{}", place.line, place.column, place.length));
        let help = words.help.map(|help| format!("\n  {help}")).unwrap_or_default();
        format!("{line}\n  {} {}{help}\n", place.unwrap_or_default(), words.message)
    });
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn words_of_other_languages_are_translated() {
    told(
        &[
            "print \"hello\"",
            "print（1）;",
            "print(“hello”);",
            "let a = null;",
            "let a = None;",
            "let a = True;",
            "var x = 1;",
            "static X = 1;",
            "let mut a = 1;",
            "let x: int = 5;",
            "let [a, b] = [1, 2];",
            "let a, b = 1, 2;",
            "let fn = 1;",
            "x := 5;",
            "x = 5;",
            "let a = new Map();",
        ],
        &expect![[r#"
            print "hello"
              1:1+13 `print` is called with brackets
              Write print("...").
            print（1）;
              1:6+1 `（` only looks like `(`
              Type `(`, as on an English keyboard.
            print(“hello”);
              1:7+1 `“` only looks like `"`
              Type `"`, as on an English keyboard.
            let a = null;
              1:9+4 there is no `null`
              Nothing is written `()`.
            let a = None;
              1:9+4 there is no `None`
              Nothing is written `()`.
            let a = True;
              1:9+4 there is no `True`
              Write `true`.
            var x = 1;
              1:1+3 there is no `var`
              Write `let`.
            static X = 1;
              1:1+6 there is no `static`
              Write `const`, or `let` if it changes.
            let mut a = 1;
              1:1+7 `mut` is no part of the language
              Every `let` can change; leave out `mut`.
            let x: int = 5;
              1:1+6 types are not written down
              Write `let x = 5;`.
            let [a, b] = [1, 2];
              1:1+5 one `let` makes one variable
              Take the values out one by one, as in `let a = list[0]; let b = list[1];`.
            let a, b = 1, 2;
              1:1+6 one `let` makes one variable
              Write a `let` for each of them.
            let fn = 1;
              1:5+2 `fn` cannot be the name of a variable: it is a word of the language
              Choose another name.
            x := 5;
              1:3+2 `:=` is no operator
              Write `let x = 5;` for a new variable, `x = 5;` for one that is there.
            x = 5;
              1:1+1 there is no variable `x`
              A new variable begins with `let`: `let x = ...`.
            let a = new Map();
              1:9+7 there is no `new`
              A map is #{ }, an array is [ ].
        "#]],
    );
}

#[test]
fn operators_of_other_languages_are_translated() {
    told(
        &[
            "let i = 0; i++;",
            "if 1 === 1 { }",
            "if 1 <> 2 { }",
            "let a = true and false;",
            "if not true { }",
            "let a = 1; if a is not () { }",
            "let a = true ? 1 : 2;",
            "let a = typeof 1;",
            "let a = f\"x {1}\";",
            "let a = [1]; a[0:2];",
            "let a = [...[1]];",
            "for j in 0...3 { }",
            "let a = 12abc;",
            "let a = 0b12;",
            "# comment",
            "let a = 1 + ;",
        ],
        &expect![[r#"
            let i = 0; i++;
              1:13+2 `++` is no operator
              Write `i += 1`.
            if 1 === 1 { }
              1:6+3 `===` is no operator
              Write `==`.
            if 1 <> 2 { }
              1:6+2 `<>` is no operator
              Write `!=`.
            let a = true and false;
              1:14+3 `and` is no operator
              Write `&&`.
            if not true { }
              1:4+8 `not` is no operator
              Write `!`.
            let a = 1; if a is not () { }
              1:17+6 `is` is no operator
              Write `!=`.
            let a = true ? 1 : 2;
              1:14+1 `?` is no operator
              Write `if a { b } else { c }`, which has a value, or `a ?? b` for b where a is nothing.
            let a = typeof 1;
              1:9+8 there is no `typeof`
              Write type_of(x).
            let a = f"x {1}";
              1:9+8 there is no `f"..."`
              Write the text between backticks, as in `value ${x}`.
            let a = [1]; a[0:2];
              1:15+4 a part of a list is not taken like this
              Write list.extract(0..2), or list[-1] for the last item.
            let a = [...[1]];
              1:10+3 `...` has no meaning
              Numbers up to 3 are 0..3, with it 0..=3; lists are joined with `+`.
            for j in 0...3 { }
              1:11+3 `...` has no meaning
              Numbers up to 3 are 0..3, with it 0..=3; lists are joined with `+`.
            let a = 12abc;
              1:9+5 this is neither a number nor a name
              A name begins with a letter or `_`.
            let a = 0b12;
              1:9+4 this is neither a number nor a name
              A name begins with a letter or `_`; 0b takes the digits 0 and 1.
            # comment
              1:1+1 `#` has no meaning here
              A comment begins with `//`.
            let a = 1 + ;
              1:13+1 a value is missing before `;`
        "#]],
    );
}

#[test]
fn statements_of_other_languages_are_translated() {
    told(
        &[
            "def f():\n  return 1",
            "function foo() { 1 }",
            "let f = fn(x) { x };",
            "let f = x => x + 1;",
            "let f = (x) => { x };",
            "let f = lambda x: x;",
            "fn f(1) { }",
            "fn f(a: int) { a }",
            "fn f(a = 1) { a }",
            "fn foo { 1 }",
            "if false { } elif true { }",
            "if true then { }",
            "if true:\n  print(1)",
            "while { }",
            "for (let i = 0; i < 3; i++) { }",
            "for i, x in [1] { }",
            "switch 1 { case 1: 2 }",
            "switch 1 { x => 2 }",
            "try { 1 } except (e) { }",
            "try { 1 } catch e { }",
            "import { add } from \"lib\";",
            "import lib;",
        ],
        &expect![[r#"
            def f():
              return 1
              1:1+5 there is no `def`
              Write `fn name(x) { ... }`.
            function foo() { 1 }
              1:1+12 there is no `function`
              Write `fn name(x) { ... }`.
            let f = fn(x) { x };
              1:9+3 a function without a name is written with `|`
              Write |x| { ... }.
            let f = x => x + 1;
              1:9+4 a function without a name is written with `|`
              Write |x| x + 1. In a `switch`, a case is a value such as 1 or "a", and `_` is all others.
            let f = (x) => { x };
              1:11+4 a function without a name is written with `|`
              Write |x, y| x + y.
            let f = lambda x: x;
              1:9+8 there is no `lambda`
              Write |x| x + 1.
            fn f(1) { }
              1:1+6 what stands here must be the name of a parameter
              Write `fn f(x) { ... }`, and give the value where it is called: f(1).
            fn f(a: int) { a }
              1:1+7 types are not written down
              Write `fn f(x) { ... }`.
            fn f(a = 1) { a }
              1:1+8 parameters have no defaults
              Write a second function with fewer parameters that calls the first one.
            fn foo { 1 }
              1:1+8 the brackets of `fn` are missing
              Write `fn f() { ... }`.
            if false { } elif true { }
              1:14+4 there is no `elif`
              Write `else if`.
            if true then { }
              1:9+4 there is no `then`
              Leave it out: `if a { ... }`.
            if true:
              print(1)
              1:8+1 `:` has no meaning here
              What belongs together stands between { and }, as in `if a { ... }`.
            while { }
              1:1+7 the condition of `while` is missing
              `loop { ... }` goes on until `break`.
            for (let i = 0; i < 3; i++) { }
              1:1+8 this is not how a loop is written
              Write `for i in 0..10 { ... }`.
            for i, x in [1] { }
              1:1+6 two variables of a loop stand in brackets
              Write `for (item, index) in list { ... }`: the item comes first.
            switch 1 { case 1: 2 }
              1:12+6 there is no `case`
              Write `1 => ...,` for each case, and `_ => ...` for all others.
            switch 1 { x => 2 }
              1:12+4 a function without a name is written with `|`
              Write |x| x + 1. In a `switch`, a case is a value such as 1 or "a", and `_` is all others.
            try { 1 } except (e) { }
              1:11+6 there is no `except`
              Write `try { ... } catch (error) { ... }`.
            try { 1 } catch e { }
              1:11+7 the brackets of `catch` are missing
              Write `catch (error) { ... }`.
            import { add } from "lib";
              1:1+8 an import has one name
              Write `import "file" as lib;` and call lib::name(...).
            import lib;
              1:1+10 what is imported stands in quotes
              Write `import "file" as lib;`.
        "#]],
    );
}

#[test]
fn maps_begin_with_their_sign() {
    told(
        &[
            "let m = { a: 1 };",
            "list_profiles({ group_id: 177 });",
            "list_profiles(group_id: 177);",
            "list_profiles(group_id = 177);",
            "let m = #{ a = 1 };",
            "let m = #{ if: 1 };",
            "let m = #{ a: 1, match: 2 };",
            "let m = #{ }; m.match",
            "let m = #{ [1]: 2 };",
            "let m = #{ 1: 2 };",
            "let m = #{ name };",
            "let m = #{ a: 1 b: 2 };",
        ],
        &expect![[r#"
            let m = { a: 1 };
              1:9+4 a map begins with `#{`
              Write #{ name: "a" }.
            list_profiles({ group_id: 177 });
              1:15+11 a map begins with `#{`
              Write #{ name: "a" }.
            list_profiles(group_id: 177);
              1:14+10 options stand in a map
              Write them in the last place, as in list_profiles(#{ group_id: 177 }).
            list_profiles(group_id = 177);
              1:14+11 options stand in a map
              Write them in the last place, as in list_profiles(#{ group_id: 177 }).
            let m = #{ a = 1 };
              1:9+6 a key and its value have `:` between them
              Write #{ name: "a" }.
            let m = #{ if: 1 };
              1:9+5 a word of the language as a key stands in quotes
              Write #{ "if": 1 }.
            let m = #{ a: 1, match: 2 };
              1:16+8 a word of the language as a key stands in quotes
              Write #{ "if": 1 }.
            let m = #{ }; m.match
              1:16+6 a word of the language as a key stands in brackets
              Write map["match"].
            let m = #{ [1]: 2 };
              1:9+4 a key is a name or a text
              For a key that is known only when the script runs, write map[key] = value;.
            let m = #{ 1: 2 };
              1:9+4 a key is a name or a text
              Write #{ "1": value }.
            let m = #{ name };
              1:12+4 the value of `name` is missing
              Write the key and its value, as in #{ name: name }.
            let m = #{ a: 1 b: 2 };
              1:17+1 `,` is missing between two entries of the map
        "#]],
    );
}

#[test]
fn what_is_open_is_said_where_it_was_opened() {
    told(
        &[
            "fn f() {\n  print(1);\n",
            "print(\"a\"\n",
            "let a = [1, 2\n",
            "f(#{ name: 1\n",
            "let a = `x ${1 + 2;\nprint(a);\n",
            "fn a() {\n  if true {\n}\nfn b() { 2 }",
            "print(1));",
            "let a = [1, (2];",
            "fn f() { 1 } }",
            "let a = \"x;\n",
            "let a = \"C:\\temp\\data\";",
            "let a = \"\\u12\";",
        ],
        &expect![[r#"
            fn f() {
              print(1);

              1:8+1 `{` is not closed
              Somewhere after it a `}` is missing.
            print("a"

              1:6+1 `(` is not closed
              Somewhere after it a `)` is missing.
            let a = [1, 2

              1:9+1 `[` is not closed
              Somewhere after it a `]` is missing.
            f(#{ name: 1

              1:3+2 `#{` is not closed
              Somewhere after it a `}` is missing.
            let a = `x ${1 + 2;
            print(a);

              1:12+2 `${` is not closed
              After the value a `}` ends it, as in `value ${x}`.
            fn a() {
              if true {
            }
            fn b() { 2 }
              4:1+2 a function begins here, and `{` at 1:8 is still open
              Close it with `}` first: functions stand at the top level of a file.
            print(1));
              1:9+1 `)` closes nothing
              Is it one too many, or is an opening one missing before it?
            let a = [1, (2];
              1:15+1 `]` stands here, and `(` at 1:13 is still open
              A `)` is missing before it.
            fn f() { 1 } }
              1:14+1 `}` closes nothing
              Is it one too many, or is an opening one missing before it?
            let a = "x;

              1:9+1 the text is not closed
              Between double quotes it ends on its line; between backticks it may go on over several lines.
            let a = "C:\temp\data";
              1:17+2 `\d` is no escape sequence
              A backslash in text is `\\`, as in "C:\\data"; between backticks it is one as it stands.
            let a = "\u12";
              1:10+4 `\u12` is no escape sequence
              `\u` takes four hex digits, as in \u00e9; a backslash in text is `\\`.
        "#]],
    );
}

#[test]
fn names_that_are_not_known_are_explained() {
    told(
        &[
            "let profile = 1; print(profil);",
            "let limit = 5; fn f() { limit }",
            "import \"lib\" as lib; lib.add(1);",
            "import \"lib\" as lib; lbi::add(1);",
            "foo::bar(1);",
            "if true { let inner = 1; } print(inner);",
            "fn f(a) { a } print(b);",
            "[1].map(|value| valeu + 1);",
            "let f = copy_profile;",
            "let f = |a, a| 1;",
            "1 = 2;",
        ],
        &expect![[r#"
            let profile = 1; print(profil);
              1:24+6 there is no variable `profil`, did you mean `profile`?
            let limit = 5; fn f() { limit }
              1:25+5 there is no variable `limit` in this function
              Functions do not see variables outside of them: give `limit` to it as an argument.
            import "lib" as lib; lib.add(1);
              1:22+3 `lib` is an imported file, not a value
              Write `::` after it, as in lib::name(...).
            import "lib" as lib; lbi::add(1);
              1:22+3 nothing is imported as `lbi`, did you mean `lib`?
            foo::bar(1);
              1:1+3 nothing is imported as `foo`
              Write `import "file" as foo;` first.
            if true { let inner = 1; } print(inner);
              1:34+5 there is no variable `inner`
              It is made further below, or in a block that has ended.
            fn f(a) { a } print(b);
              1:21+1 there is no variable `b`
            [1].map(|value| valeu + 1);
              1:17+5 there is no variable `valeu`, did you mean `value`?
            let f = copy_profile;
              1:9+12 `copy_profile` is a function, not a value
              Write Fn("copy_profile") to pass it on, or call it: copy_profile(...).
            let f = |a, a| 1;
              1:13+1 two parameters are called `a`
            1 = 2;
              1:1+1 a value cannot be changed into another
              On the left of `=` stands a variable, as in `x = 2`.
        "#]],
    );
}

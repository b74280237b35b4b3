//! Which files a script imports, as far as that stands in its text.
//!
//! Not here: finding the files.

use super::Finding;
use rhai::{AST, ASTNode, Expr, Position, Stmt};

/// Why a computed path is refused.
pub const COMPUTED_IMPORT: &str = "imports need a literal path, so that they can be checked";

/// The paths a script imports and where they stand, in the order of the text, functions included.
pub fn imported(ast: &AST) -> Vec<(String, Position)> {
    let mut paths = Vec::new();
    walk(ast, |path, _| {
        if let Expr::StringConstant(path, position) = path {
            paths.push((path.to_string(), *position));
        }
    });
    paths
}

/// The paths that are certain to be imported as soon as the script is loaded: those of no function and no block.
pub fn imported_at_once(ast: &AST) -> Vec<(String, Position)> {
    let statements = ast.statements().iter();
    let paths = statements.filter_map(|statement| match statement {
        Stmt::Import(import, _) => match &import.0 {
            Expr::StringConstant(path, position) => Some((path.to_string(), *position)),
            _ => None,
        },
        _ => None,
    });
    paths.collect()
}

/// Where a script imports something that only running it would tell.
pub fn computed_imports(ast: &AST) -> Vec<Position> {
    let mut places = Vec::new();
    walk(ast, |path, position| {
        if !matches!(path, Expr::StringConstant(..)) {
            places.push(position);
        }
    });
    places
}

/// As findings of the check.
pub(super) fn findings(ast: &AST) -> Vec<Finding> {
    let finding = |position| Finding::error(position, "import".len(), COMPUTED_IMPORT);
    computed_imports(ast).into_iter().map(finding).collect()
}

fn walk(ast: &AST, mut see: impl FnMut(&Expr, Position)) {
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, position))) = path.last() {
            see(&import.0, *position);
        }
        true
    });
}

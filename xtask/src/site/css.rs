//! One stylesheet from many: `@import "file" layer(name);` becomes `@layer name { … }`, without comments and
//! indentation.
//!
//! Only what our own style uses: imports stand in `main.css`, one a line, and no string holds a comment's start.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use super::compress;

/// Writes the stylesheet and the icon into `folder`.
pub(super) fn build(root: &Path, folder: &Path) -> Result<()> {
    let (sheet, icon) = (folder.join("sidestep.css"), folder.join("favicon.svg"));
    fs::write(&sheet, bundle(&root.join("style/main.css"))?)?;
    fs::copy(root.join("public/favicon.svg"), &icon)?;
    compress::siblings(&[sheet, icon])
}

/// `main` with everything that it imports.
fn bundle(main: &Path) -> Result<String> {
    let folder = main.parent().context("a stylesheet lies in a folder")?;
    let mut sheet = String::new();
    for line in shorten(&read(main)?)?.lines() {
        let Some(import) = line.strip_prefix("@import ") else {
            sheet.push_str(line);
            sheet.push('\n');
            continue;
        };
        let (file, layer) = import
            .trim_end_matches(';')
            .split_once(" layer(")
            .and_then(|(file, layer)| Some((file.trim_matches('"'), layer.strip_suffix(')')?)))
            .with_context(|| format!("`{line}`: write `@import \"file.css\" layer(name);`"))?;
        let part = shorten(&read(&folder.join(file))?)?;
        if part.contains("@import") {
            bail!("{file}: imports stand in main.css, so that the order of all layers is read in one place");
        }
        sheet.extend(["@layer ", layer, "{\n", &part, "}\n"]);
    }
    Ok(sheet)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Without comments, indentation and empty lines; what else there is to gain, compression gains.
fn shorten(sheet: &str) -> Result<String> {
    let mut rest = sheet;
    let mut bare = String::with_capacity(sheet.len());
    while let Some((before, after)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = after.split_once("*/").context("a comment has no end")?.1;
    }
    bare.push_str(rest);
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.fold(String::new(), |all, line| all + line + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_becomes_its_layer() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("sidestep-css-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        fs::write(
            folder.join("main.css"),
            "/* why */\n@layer base, ui;\n@import \"base.css\" layer(base);\n",
        )?;
        fs::write(folder.join("base.css"), "a {\n  color: red; /* why */\n}\n")?;

        assert_eq!(
            bundle(&folder.join("main.css"))?,
            "@layer base, ui;\n@layer base{\na {\ncolor: red;\n}\n}\n"
        );
        fs::write(folder.join("main.css"), "@import url(base.css);\n")?;
        assert!(bundle(&folder.join("main.css")).is_err());

        fs::remove_dir_all(folder)?;
        Ok(())
    }
}

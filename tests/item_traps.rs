//! Descriptions that invite a wrong item. Each says what must not happen; an item that is certain
//! and not listed is a failure.

mod common {
    pub mod items;
}

use common::items::{Facts, Image, REGIONS, catalogue, study};
use hrgate::items::catalogue::Catalogue;
use hrgate::items::lexicon::Lexicon;
use hrgate::items::matching::match_study;

fn beijing(lexicon: &Lexicon) -> Option<Catalogue> {
    let (profile, region) = REGIONS.iter().find(|(p, _)| p.starts_with("beijing"))?;
    catalogue(profile, region, lexicon)
}

fn items(facts: &Facts, catalogue: &Catalogue, lexicon: &Lexicon) -> Vec<String> {
    let results = match_study(&study(facts), None, catalogue, lexicon);
    results.into_iter().filter_map(|r| r.item).collect()
}

fn facts(modality: &str, words: &str) -> Facts {
    Facts {
        modality: Some(modality.to_owned()),
        study_description: Some(words.to_owned()),
        ..Facts::default()
    }
}

/// Modality, words, and the only items that may be certain.
const TRAPS: &[(&str, &str, &[&str])] = &[
    // A known character inside an unknown word is no part of the body.
    ("MR", "胸腺MRI增强", &[]),
    ("DX", "右桡骨头正侧位", &[]),
    ("MR", "胰头MRI平扫", &[]),
    ("MR", "颈髓MRI平扫", &[]),
    ("CT", "髋臼CT平扫", &[]),
    ("MR", "脑垂体MRI平扫", &["BJ-215"]),
    // Several parts of the spine in short.
    ("MR", "颈、胸、腰椎MRI平扫", &["BJ-236", "BJ-240", "BJ-242"]),
    ("MR", "颈腰椎MRI平扫", &["BJ-236", "BJ-242"]),
    // Words of the device and of the reason are not sides.
    ("CT", "双源CT左膝平扫", &["BJ-201"]),
    ("DX", "XR KNEE L AP/LAT R/O FX", &["BJ-076"]),
    ("DX", "双膝左侧正位", &[]),
    ("DX", "膝关节(左) 踝关节(右) 正位", &[]),
    // Contrast that was not given.
    ("CT", "CT KNEE LEFT W/3D", &["BJ-201"]),
    ("CT", "胸部CT平扫（必要时增强）", &["BJ-154"]),
    ("CT", "胸部CT 拒绝增强", &["BJ-154"]),
    ("CT", "胸部CT不增强", &["BJ-154"]),
    // A lateral of the trunk is no side; a side behind the part is.
    ("DX", "胸部左侧位", &["BJ-086"]),
    ("DX", "膝关节正侧位（右）", &["BJ-063"]),
    // An operation is no hand.
    ("DX", "手术后胸片正位", &["BJ-085"]),
];

#[test]
fn a_trap_never_gives_an_item_it_is_not() {
    let lexicon = Lexicon::embedded().expect("the built-in synonyms are well formed");
    let Some(catalogue) = beijing(&lexicon) else { return };
    let mut failures = Vec::new();
    for (modality, words, may) in TRAPS {
        let got = items(&facts(modality, words), &catalogue, &lexicon);
        if got.iter().any(|i| !may.contains(&i.as_str())) || got.len() != may.len() {
            failures.push(format!("{modality} {words}: {got:?}, may be {may:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn two_lines_of_one_order_with_different_sides_give_no_item() {
    let lexicon = Lexicon::embedded().expect("the built-in synonyms are well formed");
    let Some(catalogue) = beijing(&lexicon) else { return };
    let mut f = facts("DX", "左膝正侧位");
    f.requested_procedure_description = Some("右膝正侧位".to_owned());
    assert_eq!(items(&f, &catalogue, &lexicon), Vec::<String>::new());
}

#[test]
fn images_of_the_other_side_give_no_item() {
    let lexicon = Lexicon::embedded().expect("the built-in synonyms are well formed");
    let Some(catalogue) = beijing(&lexicon) else { return };
    for (words, sides) in [("左膝正侧位", ["R", "R"]), ("左膝正侧位", ["L", "R"])] {
        let mut f = facts("DX", words);
        let image = |view: &str, side: &str| Image {
            view_position: Some(view.to_owned()),
            image_laterality: Some(side.to_owned()),
        };
        f.images = vec![image("AP", sides[0]), image("LL", sides[1])];
        assert_eq!(items(&f, &catalogue, &lexicon), Vec::<String>::new(), "{words} {sides:?}");
    }
}

#[test]
fn a_part_that_only_body_part_examined_names_is_no_guess() {
    let lexicon = Lexicon::embedded().expect("the built-in synonyms are well formed");
    let Some(catalogue) = beijing(&lexicon) else { return };
    let mut f = facts("MR", "胸腺MRI平扫");
    f.body_part_examined = Some("CHEST".to_owned());
    assert_eq!(items(&f, &catalogue, &lexicon), Vec::<String>::new());
    f.study_description = Some("MRI平扫".to_owned());
    assert_eq!(items(&f, &catalogue, &lexicon), ["BJ-262"]);
}

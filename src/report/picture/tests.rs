//! Tests of whole pictures.

use super::*;

fn grey(values: &[f32], rows: usize, columns: usize) -> FrameImage<'_> {
    FrameImage {
        pixels: Pixels::Grey { values, monochrome1: false, window: None, padding: None },
        rows,
        columns,
        spacing: None,
        modality: "DX",
        bbox: None,
    }
}

fn noise(n: usize) -> Vec<f32> {
    let mut state = 1_u32;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(u16::try_from(state >> 16).unwrap())
        })
        .collect()
}

#[test]
fn base64_is_that_of_the_rfc() {
    for (plain, coded) in
        [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
    {
        assert_eq!(base64(plain.as_bytes()), coded);
    }
}

#[test]
fn wide_and_tall_pixels_keep_their_proportions() {
    let values = vec![0.0; 200 * 100];
    let mut frame = grey(&values, 100, 200);
    assert_eq!(target(&frame, 512), (200, 100));
    frame.spacing = Some([2.0, 1.0]);
    assert_eq!(target(&frame, 512), (200, 200));
    frame.spacing = Some([1.0, 2.0]);
    assert_eq!(target(&frame, 512), (400, 100));
    frame.spacing = Some([1.0, 1000.0]);
    assert_eq!(target(&frame, 100), (100, 50));
    frame.spacing = Some([f64::NAN, 0.0]);
    assert_eq!(target(&frame, 512), (200, 100));
}

#[test]
fn a_picture_decodes_to_its_size_and_polarity() {
    let values: Vec<f32> = (0..64 * 64_u16).map(|i| f32::from(i % 64)).collect();
    let mut frame = grey(&values, 64, 64);
    let options = PictureOptions { format: PictureFormat::Png, ..PictureOptions::default() };
    let open = |f: &FrameImage<'_>| {
        image::load_from_memory(render(f, &options).unwrap().bytes()).unwrap().to_luma8()
    };
    let plain = open(&frame);
    assert_eq!(plain.dimensions(), (64, 64));
    assert!(plain.get_pixel(0, 0).0[0] < 5 && plain.get_pixel(63, 0).0[0] > 250);
    if let Pixels::Grey { monochrome1, .. } = &mut frame.pixels {
        *monochrome1 = true;
    }
    assert!(open(&frame).get_pixel(0, 0).0[0] > 250);
}

#[test]
fn the_box_is_red_and_stays_inside() {
    let values = noise(100 * 100);
    let mut frame = grey(&values, 100, 100);
    frame.bbox = Some([90, 90, 4_000_000_000, 95]);
    let options = PictureOptions { format: PictureFormat::Png, ..PictureOptions::default() };
    let picture = render(&frame, &options).unwrap();
    let image = image::load_from_memory(picture.bytes()).unwrap().to_rgb8();
    assert_eq!(image.get_pixel(89, 90).0, BOX_COLOUR);
    assert_ne!(image.get_pixel(50, 50).0, BOX_COLOUR);
    assert!(picture.data_uri().starts_with("data:image/png;base64,iVBOR"));
}

#[test]
fn noise_is_made_to_fit_the_budget() {
    let values = noise(1000 * 800);
    let free = render(&grey(&values, 1000, 800), &PictureOptions::default()).unwrap();
    assert_eq!((free.width, free.height), (410, 512));
    let options = PictureOptions { max_bytes: Some(30_000), ..PictureOptions::default() };
    let tight = render(&grey(&values, 1000, 800), &options).unwrap();
    assert!(free.bytes().len() > 30_000 && tight.bytes().len() <= 30_000);
}

#[test]
fn shapes_that_lie_are_refused() {
    assert!(render(&grey(&[0.0; 10], 3, 4), &PictureOptions::default()).is_err());
    assert!(render(&grey(&[], 0, 0), &PictureOptions::default()).is_err());
    assert!(render(&grey(&[0.0; 4], usize::MAX, 2), &PictureOptions::default()).is_err());
    let rgb = FrameImage { pixels: Pixels::Rgb(&[0; 12]), ..grey(&[], 2, 2) };
    assert!(render(&rgb, &PictureOptions::default()).is_ok());
}

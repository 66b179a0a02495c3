//! What is wrong with a command line, and what is told about it.

use expect_test::expect;

use crate::decode::U1;
use crate::program::run;

#[test]
fn what_is_wrong_is_told_with_place_and_advice() {
    let expected = expect![[r#"
        kioskctl: the memory HEX: 3 digits, so half a byte is missing or too much: each byte has two digits
        kioskctl: the memory HEX: character 5 is 'G', which is not a hexadecimal digit: write 0-9 and A-F; spaces and colons may stand between
        kioskctl: the memory HEX: character 2 is 'x', which is not a hexadecimal digit: write 0-9 and A-F; spaces and colons may stand between
        kioskctl: the memory HEX: there are no digits: give the bytes as hexadecimal digits, such as 41 06 0B
        kioskctl: --layout: there is no layout "danish"; there are iso28560-2, iso28560-3, iso28560-3-reversed and rfid501, and for UHF tags iso28560-4 and gaoxiao; for one of your own name the configuration that has it with --config
        kioskctl: --layout: gaoxiao is a layout of UHF tags: give the EPC bank with --epc, and the user memory with --user
        kioskctl: --layout: rfid501 is a layout of HF tags: give their memory without --epc, or choose iso28560-4 or gaoxiao
        kioskctl: --locked: 3 marks are more than the memory has blocks (1): give one mark a block, and see whether --block-size is right
        kioskctl: --afi: the PC word in --epc tells the AFI already: leave --afi out, or give the UII without the PC word
        kioskctl: --dsfid is only for HF tags: leave it out
        kioskctl: --item: iso28560-2 takes at least one character, and none that cannot be printed
        kioskctl: --isil: iso28560-2 cannot hold "CN 1": write an ISIL of letters, digits, hyphen, colon and slash, such as CN-110108-1-NLC
        kioskctl: --shelf: rfid501 has no place for this: leave it out, or choose another --layout
        kioskctl: --set: rfid501 has no room for part 1 of 20: its numbers go to 15
        kioskctl: --isil: gaoxiao cannot hold this: write a university's code of five digits, such as 10248
        kioskctl: --blocks is only for HF tags: leave it out
        kioskctl: the tag is too small: 130 bytes are needed and 112 are there; leave something out (first --title), or give the tag's true size with --blocks
        kioskctl: --over: 3 bytes are no whole number of blocks of 4: give the whole memory, or the right --block-size
        kioskctl: --blocks: 2 blocks of 4 bytes are not the 4 bytes of --over: leave --blocks out, or give the whole memory
        kioskctl: block 0 is locked and would have to change: this tag cannot be made so; take another tag, or correct --locked
        kioskctl: /nowhere/kiosk.toml: no such file; copy kiosk.example.toml there, or name the right file with --config
    "#]];
    let title = "x".repeat(120);
    let cases: &[&[&str]] = &[
        &["tag", "decode", "41 0"],
        &["tag", "decode", "41", "0G"],
        &["tag", "decode", "0x41"],
        &["tag", "decode", ""],
        &["tag", "decode", "--layout", "danish", "41"],
        &["tag", "decode", "--layout", "gaoxiao", "41"],
        &["tag", "decode", "--layout", "rfid501", "--epc", U1],
        &["tag", "decode", "--locked", "lll", "41060B1C"],
        &["tag", "decode", "--epc", "4107 141C C04F C70B ADB5 C6E2 DA1D ED4D D319", "--afi", "07"],
        &["tag", "decode", "--dsfid", "06", "--epc", U1],
        &["tag", "encode", "--item", " "],
        &["tag", "encode", "--item", "1", "--isil", "CN 1"],
        &["tag", "encode", "--item", "1", "--layout", "rfid501", "--shelf", "A"],
        &["tag", "encode", "--item", "1", "--layout", "rfid501", "--set", "1/20"],
        &["tag", "encode", "--item", "1", "--layout", "gaoxiao", "--isil", "CN-1"],
        &["tag", "encode", "--item", "1", "--layout", "gaoxiao", "--blocks", "8"],
        &["tag", "encode", "--item", "1", "--title", &title],
        &["tag", "encode", "--item", "1", "--over", "000000"],
        &["tag", "encode", "--item", "1", "--over", "00000000", "--blocks", "2"],
        &["tag", "encode", "--item", "7", "--over", "9100051CBE991A14", "--locked", "ll"],
        &["reader", "probe", "--config", "/nowhere/kiosk.toml"],
    ];
    let mut told = String::new();
    for case in cases {
        let run = run(case);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{case:?}");
        told.push_str(&run.err);
    }
    expected.assert_eq(&told);
}

/// clap's own words, of which only the value and our advice are held.
#[test]
fn bad_values_are_named_with_their_option() {
    for (arguments, words) in [
        (&["tag", "decode"][..], &["HEX"][..]),
        (&["tag", "decode", "41", "--epc", "41"], &["--epc"]),
        (&["tag", "decode", "--user", "41", "41"], &["--user"]),
        (&["tag", "decode", "--afi", "7", "41"], &["--afi", "two hexadecimal digits"]),
        (&["tag", "decode", "--epc", "4G"], &["--epc", "character 2", "'G'"]),
        (&["tag", "decode", "--locked", "lx", "41"], &["--locked", "'x'"]),
        (&["tag", "encode"], &["--item"]),
        (&["tag", "encode", "--item", "1", "--set", "3/2"], &["--set", "such as 1/2"]),
        (&["tag", "encode", "--item", "1", "--blocks", "0"], &["--blocks", "256"]),
        (&["reader", "probe", "--port", "/dev/x", "--baud", "12345"], &["--baud", "38400"]),
        (&["reader", "probe", "--baud", "9600"], &["--port"]),
        (&["reader", "watch", "--for", "ten"], &["--for"]),
    ] {
        let run = run(arguments);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{arguments:?}: {}", run.err);
        for word in words {
            assert!(run.err.contains(word), "{word:?} is not in: {}", run.err);
        }
    }
    for help in [&["--help"][..], &["tag", "decode", "--help"], &["reader", "watch", "-h"], &["--version"]] {
        assert_eq!(run(help).code, Some(0));
    }
}

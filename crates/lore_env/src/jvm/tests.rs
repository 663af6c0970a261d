//! The gateway's client against a fake gateway with recorded replies.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::connection::Object;
use super::wire::Argument;

/// Serves one connection: each command is answered by the next of `replies`; `None` is silence.
fn gateway(replies: Vec<Option<&'static str>>) -> (u16, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = std::thread::Builder::new()
        .name("gateway".into())
        .spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let mut commands = Vec::new();
            for reply in replies {
                let mut command = Vec::new();
                while let Some(Ok(line)) = lines.next() {
                    let is_last = line == "e" || command == ["A"];
                    command.push(line);
                    if is_last {
                        break;
                    }
                }
                if command.is_empty() {
                    break;
                }
                commands.push(command.join(" "));
                match reply {
                    Some(reply) => (&stream).write_all(reply.as_bytes()).unwrap(),
                    None => std::thread::sleep(Duration::from_secs(2)),
                }
            }
            commands
        })
        .expect("a thread");
    (port, served)
}

#[test]
fn the_recorded_exchange_is_spoken() {
    let replies = [
        "!yv\n",
        "!yro0\n",
        "!ysThis room\\nis a hall\n",
        "!ylo1\n",
        "!yi1\n",
        "!ysboil\n",
    ];
    let rest = ["!yv\n", "!yv\n"];
    let (port, served) = gateway(replies.into_iter().chain(rest).map(Some).collect());
    let mut object = Object::new(port, Some("secret"), Duration::from_secs(5), "a.B").unwrap();
    let look = object
        .call("step", &[Argument::Text("look around")])
        .unwrap();
    assert_eq!(look.text().unwrap(), "This room\nis a hall");
    assert_eq!(object.texts("getTaskNames").unwrap(), ["boil"]);
    drop(object);
    let commands = served.join().unwrap();
    assert_eq!(
        commands,
        [
            "A secret",
            "i a.B e",
            "c o0 step slook around e",
            "c o0 getTaskNames e",
            "c o1 size e",
            "c o1 get i0 e",
            "m d o1 e",
            "m d o0 e",
        ]
    );
}

#[test]
fn an_exception_leaves_the_connection_whole_and_silence_does_not() {
    let (port, _served) = gateway(vec![
        Some("!yro0\n"),
        Some("!xsjava.lang.Error\\n\tat\n"),
        None,
    ]);
    let patience = Duration::from_millis(300);
    let mut object = Object::new(port, None, patience, "a.B").unwrap();
    let error = format!("{:#}", object.call("step", &[]).unwrap_err());
    assert!(
        error.contains("java.lang.Error") && !object.is_broken(),
        "{error}"
    );
    let began = Instant::now();
    let error = format!("{:#}", object.call("step", &[]).unwrap_err());
    assert!(error.contains("in time") && object.is_broken(), "{error}");
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(
        object.call("step", &[]).is_err(),
        "a late reply is nobody's"
    );
}

#[test]
fn a_reply_that_breaks_off_is_an_error() {
    let (port, _served) = gateway(vec![Some("!yro0\n"), Some("!ysThis ro")]);
    let mut object = Object::new(port, None, Duration::from_secs(5), "a.B").unwrap();
    let error = format!("{:#}", object.call("step", &[]).unwrap_err());
    assert!(error.contains("breaks off"), "{error}");
}

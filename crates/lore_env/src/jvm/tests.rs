//! The gateway's client against a fake gateway with recorded replies.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::connection::Object;
use super::wire::Argument;

/// What the gateway answers when an object is made: it is `o6`.
const MADE: [&str; 14] = [
    "!yro0\n", "!yro1\n", "!yro2\n", "!yto3\n", "!yv\n", "!yro4\n", "!yro5\n", "!yro6\n", "!yv\n",
    "!yv\n", "!yv\n", "!yv\n", "!yv\n", "!yv\n",
];

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
    let rest = [
        "!ysThis room\\nis a hall\n",
        "!ylo7\n",
        "!yi1\n",
        "!ysboil\n",
        "!yv\n",
        "!yv\n",
    ];
    let replies = ["!yv\n"].into_iter().chain(MADE).chain(rest);
    let (port, served) = gateway(replies.map(Some).collect());
    let mut object = Object::new(
        port,
        Some("secret"),
        Duration::from_secs(5),
        "/a.jar",
        "a.B",
    )
    .unwrap();
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
            "i java.io.File s/a.jar e",
            "c o0 toURI e",
            "c o1 toURL e",
            "a c sjava.net.URL i1 e",
            "a s o3 i0 ro2 e",
            "i java.net.URLClassLoader ro3 n e",
            "c o4 loadClass sa.B e",
            "c o5 newInstance e",
            "m d o0 e",
            "m d o1 e",
            "m d o2 e",
            "m d o3 e",
            "m d o4 e",
            "m d o5 e",
            "c o6 step slook around e",
            "c o6 getTaskNames e",
            "c o7 size e",
            "c o7 get i0 e",
            "m d o7 e",
            "m d o6 e",
        ]
    );
}

#[test]
fn an_exception_leaves_the_connection_whole_and_silence_does_not() {
    let rest = [Some("!xsjava.lang.Error\\n\tat\n"), None];
    let (port, _served) = gateway(MADE.map(Some).into_iter().chain(rest).collect());
    let patience = Duration::from_millis(300);
    let mut object = Object::new(port, None, patience, "/a.jar", "a.B").unwrap();
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
    let replies = MADE.into_iter().chain(["!ysThis ro"]);
    let (port, _served) = gateway(replies.map(Some).collect());
    let mut object = Object::new(port, None, Duration::from_secs(5), "/a.jar", "a.B").unwrap();
    let error = format!("{:#}", object.call("step", &[]).unwrap_err());
    assert!(error.contains("breaks off"), "{error}");
}

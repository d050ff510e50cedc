//! The socket's file: private from its first moment, ours alone, gone at the end.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// A socket's file, removed when this is dropped, unless somebody else's has taken its place.
pub(crate) struct SocketFile {
    path: PathBuf,
    device_and_inode: (u64, u64),
}

/// `sun_path` holds 108 bytes, one of them its end (`unix(7)`); macOS has 104.
const PATH_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

impl SocketFile {
    /// Listens at `path`, with mode 0600.
    ///
    /// The socket is made inside a fresh folder that nobody else may enter and moved into place when
    /// its mode is set, so there is no moment at which another user could connect.
    pub(crate) fn bind(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
        let nursery = Nursery::beside(path)?;
        let newborn = nursery.0.join("s");
        for path in [path, &newborn] {
            check_length(path)?;
        }
        refuse_if_taken(path)?;
        let listener = UnixListener::bind(&newborn)?;
        fs::set_permissions(&newborn, Permissions::from_mode(0o600))?;
        fs::rename(&newborn, path)?;
        let file = SocketFile {
            path: path.to_owned(),
            device_and_inode: device_and_inode(path)?,
        };
        Ok((listener, file))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if device_and_inode(&self.path).is_ok_and(|found| found == self.device_and_inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn device_and_inode(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// The folder in which the socket is born.
struct Nursery(PathBuf);

impl Nursery {
    fn beside(path: &Path) -> io::Result<Nursery> {
        let folder = path.parent().unwrap_or(Path::new(""));
        for number in 0..100 {
            let nursery = folder.join(format!(".{number}"));
            match DirBuilder::new().mode(0o700).create(&nursery) {
                Ok(()) => return Ok(Nursery(nursery)),
                // Left behind by a crash, or another daemon's at this moment.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    let what = format!("cannot make the socket in {}: {error}", folder.display());
                    return Err(io::Error::new(error.kind(), what));
                }
            }
        }
        let what = format!("{} is full of folders .0 to .99", folder.display());
        Err(io::Error::new(ErrorKind::AlreadyExists, what))
    }
}

impl Drop for Nursery {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0.join("s"));
        let _ = fs::remove_dir(&self.0);
    }
}

fn check_length(path: &Path) -> io::Result<()> {
    let length = path.as_os_str().len();
    if length <= PATH_MAX {
        return Ok(());
    }
    let what = format!(
        "the socket's path {} has {length} bytes, at most {PATH_MAX} are possible: choose a \
         shorter one",
        path.display()
    );
    Err(io::Error::new(ErrorKind::InvalidInput, what))
}

/// A socket on which nobody answers may be replaced; nothing else.
fn refuse_if_taken(path: &Path) -> io::Result<()> {
    let taken = |why: &str| {
        let what = format!("{}: {why}", path.display());
        Err(io::Error::new(ErrorKind::AddrInUse, what))
    };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return taken("there is a file of that name that is not a socket");
        }
        Ok(_) => {}
    }
    match connect(path) {
        Some(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        Some(Err(error)) if error.kind() == ErrorKind::NotFound => Ok(()),
        Some(Err(error)) => taken(&format!("cannot tell whether it is in use: {error}")),
        Some(Ok(_)) | None => taken("another daemon answers on that socket"),
    }
}

/// Connecting to a daemon that has stopped accepting blocks: `None` after a while.
fn connect(path: &Path) -> Option<io::Result<UnixStream>> {
    let (sender, receiver) = mpsc::channel();
    let path = path.to_owned();
    std::thread::spawn(move || sender.send(UnixStream::connect(path)));
    receiver.recv_timeout(Duration::from_secs(2)).ok()
}

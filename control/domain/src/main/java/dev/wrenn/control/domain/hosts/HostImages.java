package dev.wrenn.control.domain.hosts;

/// Images of paused capsules and of templates on one host. Calls block; thread-safe. What cannot be
/// done is a [TransferException], also out of sources and sinks.
public interface HostImages {
    /// What an image consists of, as text: `image N`, then its files and their chunks. That of a
    /// capsule is not there unless it is paused.
    FileSource outline(ImageName name);

    /// A range of one file of an image.
    ///
    /// @param number of the image, as its outline says
    FileSource read(ImageName name, int number, String file, long from, long length);

    /// Begins to give a paused capsule to this host.
    ///
    /// @param as the life that was paused
    ImageSink takeOver(BootOrder as);

    /// Begins to give a template to this host.
    ImageSink take(ImageName.OfTemplate name);
}

// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.concurrent.ExecutionException;
import org.lightcone.CancelledException;
import picocli.CommandLine;

/** Turns whatever went wrong into one sentence on standard error and an exit code. */
final class Failures {
  private final PrintWriter err;
  private final boolean debug;

  Failures(PrintWriter err, boolean debug) {
    this.err = err;
    this.debug = debug;
  }

  /** A wrong command line: exit code 2. */
  int usage(CommandLine.ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    err.println("lightcone: " + sentence(e.getMessage()));
    // picocli prints "Did you mean ...?" when something close exists.
    CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
    err.println("Usage and an example: " + command.getCommandSpec().qualifiedName() + " --help");
    trace(e);
    return CommandLine.ExitCode.USAGE;
  }

  /** A failure (1) or a stop (130). */
  int failure(Throwable thrown) {
    Throwable e = unwrap(thrown);
    if (e instanceof CancelledException) {
      err.println("lightcone: stopped; nothing is half-written, give the same command again.");
      trace(thrown);
      return 130;
    }
    err.println("lightcone: " + sentence(describe(e)));
    trace(thrown);
    return CommandLine.ExitCode.SOFTWARE;
  }

  private void trace(Throwable thrown) {
    if (debug) {
      thrown.printStackTrace(err);
    }
    err.flush();
  }

  private static Throwable unwrap(Throwable e) {
    while ((e instanceof UncheckedIOException || e instanceof ExecutionException) && e.getCause() != null) {
      e = e.getCause();
    }
    return e;
  }

  private static String describe(Throwable e) {
    String message = e.getMessage();
    if (e instanceof NoSuchFileException || e instanceof FileNotFoundException) {
      return message + ": no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return message + ": permission denied";
    }
    if (e instanceof NotDirectoryException) {
      return message + ": not a folder";
    }
    if (e instanceof FileAlreadyExistsException || e instanceof DirectoryNotEmptyException) {
      return message + ": exists already and is not what this command needs there";
    }
    if (e instanceof FileSystemException f && f.getReason() == null) {
      return message + ": the file system refused it (" + e.getClass().getSimpleName() + ")";
    }
    if (e instanceof OutOfMemoryError) {
      return "out of memory (" + message + "): use fewer models or samples, or give the JVM more with"
          + " LIGHTCONE_JAVA_OPTS=-Xmx8g";
    }
    if (e instanceof LinkageError) {
      return "a native library does not load (" + firstLine(message) + "): 'lightcone doctor' says which and why";
    }
    // Ours are written for the reader; so are refused arguments, states that forbid a call, and what the file
    // system says.
    if (message != null && (e.getClass().getName().startsWith("org.lightcone.") || e instanceof IOException
        || e instanceof IllegalArgumentException || e instanceof IllegalStateException)) {
      return message;
    }
    return "internal error, " + e.getClass().getSimpleName() + (message == null ? "" : ": " + firstLine(message))
        + "; --debug shows where";
  }

  /** LibTorch's messages carry a C++ stack behind their first line. */
  private static String firstLine(String message) {
    return message == null ? "no message" : message.lines().findFirst().orElse("no message");
  }

  private static String sentence(String message) {
    String line = message == null ? "unknown failure" : message.strip();
    char last = line.isEmpty() ? '.' : line.charAt(line.length() - 1);
    return last == '.' || last == '?' || last == '!' ? line : line + ".";
  }
}

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "commands.h"

int main(int argc, char** argv) {
    winsize size{};
    const bool terminal = isatty(STDOUT_FILENO) != 0;
    const bool known = terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    prw::cli::Io io{std::cin,
                    std::cout,
                    std::cerr,
                    terminal,
                    known ? size.ws_col : 80,
                    isatty(STDIN_FILENO) != 0 ? STDIN_FILENO : -1};
    return prw::cli::run(argc, argv, io);
}

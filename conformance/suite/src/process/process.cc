#include "prw/suite/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "prw/base/descriptor.h"

extern char** environ;  // NOLINT: POSIX

namespace prw::suite {
namespace {

using Clock = std::chrono::steady_clock;

/// What the child reports when it cannot become the program.
struct StartFailure {
    int step = 0;
    int error = 0;
};
enum Step : int { kOpenLog = 1, kChangeDirectory, kExecute };

std::string step_text(int step, const ProcessOptions& options, const std::string& program) {
    switch (step) {
        case kOpenLog:
            return "cannot open the log " + options.log_path;
        case kChangeDirectory:
            return "cannot enter the work directory " + options.work_dir;
        default:
            return "cannot execute " + program;
    }
}

std::vector<std::string> merged_environment(const std::vector<std::pair<std::string, std::string>>& additions) {
    std::map<std::string, std::string> merged;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos)
            merged[std::string(text.substr(0, equals))] = std::string(text.substr(equals + 1));
    }
    for (const auto& [name, value] : additions) merged[name] = value;
    std::vector<std::string> out;
    out.reserve(merged.size());
    for (const auto& [name, value] : merged) out.push_back(name + "=" + value);
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> out;
    out.reserve(strings.size() + 1);
    for (auto& text : strings) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

void report_and_exit(int pipe_fd, int step) {
    const StartFailure failure{step, errno};
    [[maybe_unused]] const auto written = ::write(pipe_fd, &failure, sizeof failure);
    ::_exit(127);
}

/// Everything between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const char* program, char* const* argv, char* const* env, const char* work_dir,
                         const char* log_path, int stdin_fd, int error_fd, pid_t parent, bool stopped) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // the parent died before prctl
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int log = ::open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (log < 0) report_and_exit(error_fd, kOpenLog);
    ::dup2(stdin_fd, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    if (work_dir[0] != '\0' && ::chdir(work_dir) != 0) report_and_exit(error_fd, kChangeDirectory);
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    if (stopped) {
        ::close(error_fd);  // the parent does not wait for what may take an hour
        ::kill(::getpid(), SIGSTOP);
        ::execve(program, argv, env);
        ::_exit(127);
    }
    ::execve(program, argv, env);
    report_and_exit(error_fd, kExecute);
    ::_exit(127);
}

}  // namespace

std::string ExitStatus::text() const {
    if (!signalled) return "exited with " + std::to_string(code);
    const char* name = ::strsignal(code);  // only known signals: no shared buffer is used
    return "was killed by signal " + std::to_string(code) + (name != nullptr ? " (" + std::string(name) + ")" : "");
}

struct Process::Impl {
    pid_t pid = -1;
    base::Descriptor pidfd;
    int stop_signal = SIGTERM;
    std::chrono::milliseconds grace{5000};
    mutable std::mutex mutex;
    std::optional<ExitStatus> status;
    bool reaped = false;
    bool killed = false;
    std::jthread feeder;             // writes stdin
    base::Descriptor stop_watching;  // eventfd-like pipe end that ends the watcher
    std::jthread watcher;            // waits for the exit

    /// Looks without reaping: until stop() the process group id stays ours, so that killing the group cannot hit a
    /// stranger.
    std::optional<ExitStatus> peek() {
        const std::lock_guard lock(mutex);
        if (status) return status;
        siginfo_t info{};
        if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid) {
            status = ExitStatus{info.si_code != CLD_EXITED, info.si_status};
        }
        return status;
    }
};

Process::Process() : impl_(std::make_unique<Impl>()) {}
Process::~Process() { stop(); }

Result<std::unique_ptr<Process>> Process::start(const ProcessOptions& options) {
    if (options.argv.empty()) return fail(ErrorCode::kInvalidArgument, "no program to start");
    const std::string program = find_program(options.argv.front());
    if (program.empty()) {
        const bool path = options.argv.front().find('/') != std::string::npos;
        return fail(ErrorCode::kTarget, path ? "there is no executable file of this name" : "no such program in PATH",
                    options.argv.front());
    }
    auto argv_text = options.argv;
    auto env_text = merged_environment(options.env);
    const auto argv = pointers(argv_text);
    const auto env = pointers(env_text);
    const std::string log_path = options.log_path.empty() ? "/dev/null" : options.log_path;

    base::Pipe errors, input;
    if (!errors.open()) return fail(ErrorCode::kIo, "cannot create a pipe", {}, std::strerror(errno));
    base::Descriptor stdin_fd;
    if (options.stdin_text) {
        if (!input.open()) return fail(ErrorCode::kIo, "cannot create a pipe", {}, std::strerror(errno));
        stdin_fd = std::move(input.read);
    } else {
        stdin_fd = base::Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return fail(ErrorCode::kTarget, "cannot start another process", program, std::strerror(errno));
    if (pid == 0) {
        become(program.c_str(), argv.data(), env.data(), options.work_dir.c_str(), log_path.c_str(), stdin_fd.get(),
               errors.write.get(), parent, options.stopped);
    }
    ::setpgid(pid, pid);  // the child does it too: whoever comes first
    errors.write.reset();
    stdin_fd.reset();
    StartFailure failure;
    ssize_t got = 0;
    do got = ::read(errors.read.get(), &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    if (got == sizeof failure) {
        int ignored = 0;
        while (::waitpid(pid, &ignored, 0) < 0 && errno == EINTR) {}
        return fail(ErrorCode::kTarget, step_text(failure.step, options, program), {}, std::strerror(failure.error));
    }

    auto process = std::unique_ptr<Process>(new Process);
    auto& impl = *process->impl_;
    impl.pid = pid;
    impl.stop_signal = options.stop_signal;
    impl.grace = options.grace;
    impl.pidfd = base::Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!impl.pidfd.valid()) return fail(ErrorCode::kTarget, "cannot watch the process", program, std::strerror(errno));
    if (options.stdin_text) {
        impl.feeder = std::jthread([fd = std::move(input.write), text = *options.stdin_text] {
            sigset_t pipe_signal;  // a child that does not read must not kill us
            ::sigemptyset(&pipe_signal);
            ::sigaddset(&pipe_signal, SIGPIPE);
            ::pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
            std::string_view rest(text);
            while (!rest.empty()) {
                const auto n = ::write(fd.get(), rest.data(), rest.size());
                if (n < 0 && errno == EINTR) continue;
                if (n <= 0) return;
                rest.remove_prefix(static_cast<std::size_t>(n));
            }
        });
    }
    return process;
}

int Process::pid() const { return impl_->pid; }

char process_state(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto name_ends = text.rfind(") ");
    return name_ends == std::string::npos || name_ends + 2 >= text.size() ? '\0' : text[name_ends + 2];
}

bool Process::is_stopped() const {
    const char state = process_state(impl_->pid);
    return state == 'T' || state == 't';
}

void Process::resume() {
    // What a debugger holds is not ours to continue.
    if (!impl_->peek() && process_state(impl_->pid) == 'T') ::kill(impl_->pid, SIGCONT);
}

std::optional<ExitStatus> Process::status() const { return impl_->peek(); }

std::optional<ExitStatus> Process::wait(std::chrono::milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    while (true) {
        if (auto status = impl_->peek()) return status;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0) return std::nullopt;
        pollfd entry{impl_->pidfd.get(), POLLIN, 0};
        ::poll(&entry, 1, static_cast<int>(std::min<long long>(left + 1, 1000)));
    }
}

void Process::on_exit(std::function<void()> observer) {
    base::Pipe wake;
    if (!wake.open()) return;
    impl_->stop_watching = std::move(wake.write);
    impl_->watcher =
        std::jthread([fd = impl_->pidfd.get(), ended = std::move(wake.read), observer = std::move(observer)] {
            pollfd entries[2] = {{fd, POLLIN, 0}, {ended.get(), POLLIN, 0}};
            while (true) {
                if (::poll(entries, 2, -1) < 0 && errno == EINTR) continue;
                if ((entries[0].revents & POLLIN) != 0) observer();
                return;
            }
        });
}

ExitStatus Process::stop() {
    auto& impl = *impl_;
    if (impl.pid < 0) return {};
    if (!impl.reaped) {
        if (!impl.peek()) {
            ::kill(-impl.pid, impl.stop_signal);
            if (!wait(impl.grace)) {
                const std::lock_guard lock(impl.mutex);
                impl.killed = true;
            }
        }
        ::kill(-impl.pid, SIGKILL);  // the program itself, or what it left behind in its group
        (void)wait(std::chrono::seconds(10));
        const std::lock_guard lock(impl.mutex);
        int ignored = 0;
        while (::waitpid(impl.pid, &ignored, 0) < 0 && errno == EINTR) {}
        impl.reaped = true;
    }
    impl.stop_watching.reset();
    if (impl.watcher.joinable() && impl.watcher.get_id() != std::this_thread::get_id()) impl.watcher.join();
    if (impl.feeder.joinable()) impl.feeder.join();
    const std::lock_guard lock(impl.mutex);
    return impl.status.value_or(ExitStatus{true, SIGKILL});
}

bool Process::had_to_be_killed() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->killed;
}

}  // namespace prw::suite

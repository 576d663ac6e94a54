// What the C++ drivers share. drive/drive.go has the same in Go.
#pragma once
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

constexpr int kRoom = 10;
constexpr double kArrivalRate = 0.9;       // per second
constexpr int64_t kGuardAfter = 693147180; // ns

inline double cpuSeconds() {
    rusage u;
    getrusage(RUSAGE_SELF, &u);
    return double(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + double(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

class Increments {
public:
    Increments() {
        for (int i = 0; i <= 1024; i++) value_[i] = i < 1024 ? -std::log(1 - i / 1024.0) : -std::log(0.5 / 1024);
    }
    int64_t next() { // ns
        state_ = state_ * 1664525u + 1013904223u;
        uint32_t i = state_ >> 22, rest = state_ & ((1u << 22) - 1);
        double slope = (value_[i + 1] - value_[i]) / double(1u << 22);
        return int64_t((value_[i] + rest * slope) * 1e9);
    }

private:
    uint32_t state_ = 1;
    double value_[1025];
};

struct Job {
    std::string load;
    long n, count;
    Job(char** argv) : load(argv[1]), n(std::atof(argv[2])), count(std::atof(argv[3])) {}
    void report(const char* name, double seconds, const std::string& check) const {
        std::printf("RESULT\tpeer\t%s\t%s\t%ld\t%ld\t%.6f\t%s\n", name, load.c_str(), n, count, seconds, check.c_str());
    }
};

// ns-3: the event list alone, and its TCP over a link of 100 us.
//   ns3 LOAD N COUNT [SCHEDULER]      SCHEDULER: Map (default), PriorityQueue ...
#include "common.h"
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"

using namespace ns3;

static Increments increments;
static long left;

static void ring() {
    if (--left == 0) {
        Simulator::Stop();
        return;
    }
    Simulator::Schedule(NanoSeconds(increments.next()), &ring);
}

static long offered, refused, target;
static int inside;
static Ptr<ExponentialRandomVariable> between, service;

static void depart() {
    if (--inside > 0) Simulator::Schedule(Seconds(service->GetValue()), &depart);
}

static void arrive() {
    if (++offered == target) {
        Simulator::Stop();
        return;
    }
    if (inside == kRoom) {
        refused++;
    } else if (++inside == 1) {
        Simulator::Schedule(Seconds(service->GetValue()), &depart);
    }
    Simulator::Schedule(Seconds(between->GetValue()), &arrive);
}

static std::vector<EventId> guards;
static long cycles, cancelled;

static void guardRings(uint32_t) {}

static void work(uint32_t who) {
    if (guards[who].IsRunning()) {
        Simulator::Cancel(guards[who]);
        cancelled++;
    }
    if (++cycles == target) {
        Simulator::Stop();
        return;
    }
    guards[who] = Simulator::Schedule(NanoSeconds(kGuardAfter), &guardRings, who);
    Simulator::Schedule(NanoSeconds(increments.next()), &work, who);
}

static Ptr<Node> clientNode;
static Address serverAddress;
static long dialled, connected;

static void onConnected(Ptr<Socket> s) {
    connected++;
    s->Close();
}
static void onFailed(Ptr<Socket>) {}
static void onPeerClosed(Ptr<Socket> s) { s->Close(); }
static bool onRequest(Ptr<Socket>, const Address&) { return true; }
static void onAccepted(Ptr<Socket> s, const Address&) {
    s->SetCloseCallbacks(MakeCallback(&onPeerClosed), MakeCallback(&onFailed));
}

static void dial() {
    Ptr<Socket> s = Socket::CreateSocket(clientNode, TcpSocketFactory::GetTypeId());
    s->SetConnectCallback(MakeCallback(&onConnected), MakeCallback(&onFailed));
    s->Connect(serverAddress);
    if (++dialled < target) Simulator::Schedule(NanoSeconds(increments.next() / 10000), &dial);
}

static void prepareConnect(long count) {
    NodeContainer nodes;
    nodes.Create(2);
    PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", StringValue("10Gbps"));
    link.SetChannelAttribute("Delay", StringValue("100us"));
    NetDeviceContainer devices = link.Install(nodes);
    InternetStackHelper().Install(nodes);
    Ipv4AddressHelper addresses;
    addresses.SetBase("10.0.0.0", "255.255.255.0");
    Ipv4InterfaceContainer at = addresses.Assign(devices);
    clientNode = nodes.Get(0);
    serverAddress = InetSocketAddress(at.GetAddress(1), 80);
    Ptr<Socket> listener = Socket::CreateSocket(nodes.Get(1), TcpSocketFactory::GetTypeId());
    listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), 80));
    listener->Listen(); // it takes no backlog
    listener->SetAcceptCallback(MakeCallback(&onRequest), MakeCallback(&onAccepted));
    Simulator::Schedule(NanoSeconds(1), &dial);
    Simulator::Stop(Seconds(count * 100e-6 + 2));
}

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    Job job(argv);
    std::string name = "ns-3 (map)";
    if (argc > 4) {
        ObjectFactory scheduler;
        scheduler.SetTypeId(std::string("ns3::") + argv[4] + "Scheduler");
        Simulator::SetScheduler(scheduler);
        name = std::string("ns-3 (") + argv[4] + ")";
    }
    left = target = job.count;
    char check[80];
    if (job.load == "hold") {
        for (long i = 0; i < job.n; i++) Simulator::Schedule(NanoSeconds(increments.next()), &ring);
    } else if (job.load == "mm1k") {
        between = CreateObject<ExponentialRandomVariable>();
        between->SetAttribute("Mean", DoubleValue(1 / kArrivalRate));
        service = CreateObject<ExponentialRandomVariable>();
        service->SetAttribute("Mean", DoubleValue(1));
        Simulator::Schedule(Seconds(between->GetValue()), &arrive);
    } else if (job.load == "timers") {
        guards.resize(job.n);
        for (uint32_t i = 0; i < job.n; i++) {
            guards[i] = Simulator::Schedule(NanoSeconds(kGuardAfter), &guardRings, i);
            Simulator::Schedule(NanoSeconds(increments.next()), &work, i);
        }
    } else if (job.load == "connect") {
        prepareConnect(job.count);
    } else {
        return 0;
    }
    double start = cpuSeconds();
    Simulator::Run();
    double seconds = cpuSeconds() - start;
    if (job.load == "mm1k") {
        std::snprintf(check, sizeof check, "block %.5f", double(refused) / offered);
    } else if (job.load == "timers") {
        std::snprintf(check, sizeof check, "cancelled %.4f", double(cancelled) / cycles);
    } else if (job.load == "connect") {
        std::snprintf(check, sizeof check, "connected %ld", connected);
    } else {
        std::snprintf(check, sizeof check, "clock %.3f", Simulator::Now().GetSeconds());
    }
    job.report(name.c_str(), seconds, check);
    Simulator::Destroy();
}
